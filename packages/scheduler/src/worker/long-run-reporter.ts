import { Loop } from "./loop.js";
import type { Runner } from "./runner.js";
import type { WorkerContext } from "./worker-context.js";

export interface LongRunReporterConfig {
  /** Time after its start at which a run is reported as running. */
  readonly afterMs: number;
  /** Time between two looks while something runs. */
  readonly everyMs: number;
}

const DEFAULTS: LongRunReporterConfig = { afterMs: 250, everyMs: 250 };

/** Reports runs as `running` that are still under way a while after their start: short ones cost one report less. */
export class LongRunReporter {
  readonly #config: LongRunReporterConfig;
  readonly #loop: Loop;
  #isIdle = false;

  constructor(
    private readonly context: WorkerContext,
    private readonly runner: Runner,
    config: Partial<LongRunReporterConfig> = {},
  ) {
    this.#config = { ...DEFAULTS, ...config };
    this.#loop = new Loop(context.host.clock, () => this.runOnce());
  }

  start(): void {
    this.#loop.start();
  }

  stop(): Promise<void> {
    return this.#loop.stop();
  }

  /** Ends the sleep of an idle worker. */
  instanceLeased(): void {
    if (!this.#isIdle) return;
    this.#isIdle = false;
    this.#loop.wake();
  }

  runOnce(): number {
    const { leased, pollMs } = this.context;
    const { afterMs, everyMs } = this.#config;
    this.runner.reportLongRuns(afterMs);
    this.#isIdle = leased.size === 0;
    return this.#isIdle ? Math.max(everyMs, pollMs) : everyMs;
  }
}
