import { Loop } from "./loop.js";
import { ownNode, type WorkerContext } from "./worker-context.js";

export interface HeartbeatConfig {
  readonly everyMs: number;
}

const DEFAULTS: HeartbeatConfig = { everyMs: 5_000 };

/** Writes to a shared store that this scheduler is alive, with the tasks, executors and job sets that it has. */
export class Heartbeat {
  readonly #config: HeartbeatConfig;
  readonly #loop: Loop;
  #lastBeat: Promise<void> = Promise.resolve();

  constructor(
    private readonly context: WorkerContext,
    config: Partial<HeartbeatConfig> = {},
  ) {
    this.#config = { ...DEFAULTS, ...config };
    this.#loop = new Loop(context.host.clock, () => this.runOnce());
  }

  start(): void {
    if (this.context.store.shared) this.#loop.start();
  }

  async stop(): Promise<void> {
    await this.#loop.stop();
    await this.#lastBeat;
  }

  async runOnce(): Promise<number> {
    await this.beat();
    return this.#config.everyMs;
  }

  /** Writes one heartbeat, after those under way: an earlier one must not be written last. */
  beat(): Promise<void> {
    const { store, backoff } = this.context;
    this.#lastBeat = this.#lastBeat.then(() =>
      backoff.bestEffort("heartbeat", () => store.heartbeat({ ...ownNode(this.context), seenAt: 0 })),
    );
    return this.#lastBeat;
  }
}
