import { liveNodes, type Missing, missingOf } from "../core/orphans.js";
import { Loop } from "./loop.js";
import { ownNode, type WorkerContext } from "./worker-context.js";

export interface OrphanDetectorConfig {
  readonly everyMs: number;
  /** Age of a due run before its job counts. */
  readonly overdueMs: number;
  /** Jobs checked in one run, the most overdue first. */
  readonly batch: number;
  /** Warnings remembered, so that each is given once. */
  readonly warningsMax: number;
}

const DEFAULTS: OrphanDetectorConfig = { everyMs: 5_000, overdueMs: 5_000, batch: 50, warningsMax: 10_000 };

/** Reports due jobs that no live scheduler of the store can run, each once. */
export class OrphanDetector {
  readonly #config: OrphanDetectorConfig;
  readonly #loop: Loop;
  readonly #warned = new Set<string>();

  constructor(
    private readonly context: WorkerContext,
    config: Partial<OrphanDetectorConfig> = {},
  ) {
    this.#config = { ...DEFAULTS, ...config };
    this.#loop = new Loop(context.host.clock, () => this.runOnce());
  }

  start(): void {
    this.#loop.start(this.#config.everyMs);
  }

  stop(): Promise<void> {
    return this.#loop.stop();
  }

  async runOnce(): Promise<number> {
    const { backoff, host, leased, pollMs } = this.context;
    if (!host.paused()) await backoff.bestEffort("look for jobs that none can run", () => this.#detect());
    const { everyMs } = this.#config;
    return leased.size > 0 ? everyMs : Math.max(everyMs, pollMs);
  }

  async #detect(): Promise<void> {
    const { store, clock, events } = this.context;
    const { batch, overdueMs } = this.#config;
    const { jobs } = await store.list({ state: "scheduled", limit: batch });
    const nowMs = clock.now();
    const overdue = jobs.filter(({ nextRunMs }) => nextRunMs !== null && nextRunMs < nowMs - overdueMs);
    if (overdue.length === 0) return;
    const others = store.shared ? liveNodes(await store.nodes(), await store.now()) : [];
    const nodes = [ownNode(this.context), ...others];
    for (const job of overdue) {
      const missing = missingOf(job, nodes);
      if (missing !== undefined && this.#isFirst(job.id, missing)) events.orphaned(job, missing);
    }
  }

  #isFirst(jobId: string, missing: Missing): boolean {
    const key = JSON.stringify([jobId, missing]);
    if (this.#warned.has(key)) return false;
    if (this.#warned.size >= this.#config.warningsMax) this.#warned.clear();
    this.#warned.add(key);
    return true;
  }
}
