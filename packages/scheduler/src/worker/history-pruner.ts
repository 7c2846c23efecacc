import type { Clock } from "../core/clock.js";
import { thrownLine } from "../core/describe-thrown.js";
import type { ExecutionLog, JobStore } from "../core/job-store.js";
import type { Logger } from "../core/logger.js";
import { hasReachedLimit } from "../core/run-limit.js";
import { Loop } from "./loop.js";

export interface HistoryPrunerConfig {
  readonly everyMs: number;
  /** Jobs without a next run that one run looks at, in each store. */
  readonly pageSize: number;
}

export interface PrunedStores {
  readonly clock: Clock;
  readonly logger: Pick<Logger, "warn">;
  readonly stores: ReadonlyMap<string, JobStore>;
  /** Age at which a finished execution is deleted. */
  readonly historyMs: number;
}

const DEFAULTS: HistoryPrunerConfig = { everyMs: 60_000, pageSize: 100 };
/** Executions deleted in one call. */
const DELETE_BATCH = 1_000;

/** Deletes expired executions of all stores every minute, and the jobs with a reached `maxRuns` that have none left. */
export class HistoryPruner {
  readonly #config: HistoryPrunerConfig;
  readonly #loop: Loop;
  /** Place in the list of jobs without a next run, by store alias. */
  readonly #cursors = new Map<string, string>();

  constructor(
    private readonly pruned: PrunedStores,
    config: Partial<HistoryPrunerConfig> = {},
  ) {
    this.#config = { ...DEFAULTS, ...config };
    this.#loop = new Loop(pruned.clock, () => this.runOnce());
  }

  start(): void {
    this.#loop.start(this.#config.everyMs);
  }

  /** Stops between two batches as well. */
  stop(): Promise<void> {
    return this.#loop.stop();
  }

  async runOnce(): Promise<number> {
    for (const [alias, store] of this.pruned.stores) {
      if (this.#loop.isStopping) break;
      await this.#prune(alias, store);
    }
    return this.#config.everyMs;
  }

  async #prune(alias: string, store: JobStore): Promise<void> {
    const { historyMs, logger } = this.pruned;
    try {
      await deleteExecutionsBefore(store.executions, (await store.now()) - historyMs, () => !this.#loop.isStopping);
      await this.#removeEndedJobs(alias, store);
    } catch (error) {
      if (this.#loop.isStopping) return;
      logger.warn(`Old executions of job store "${alias}" could not be removed: ${thrownLine(error)}`);
    }
  }

  /** A job with a reached `maxRuns` stays while it has a history, so that a declaration finds it and does not start anew. */
  async #removeEndedJobs(alias: string, store: JobStore): Promise<void> {
    const from = this.#cursors.get(alias);
    const limit = this.#config.pageSize;
    const { jobs, cursor } = await store.list({
      state: "paused",
      limit,
      ...(from === undefined ? {} : { cursor: from }),
    });
    if (cursor === undefined) this.#cursors.delete(alias);
    else this.#cursors.set(alias, cursor);
    for (const { id } of jobs.filter(hasReachedLimit)) {
      const { executions } = await store.executions.list({ jobId: id, limit: 1 });
      if (executions.length === 0) await store.remove(id);
    }
  }
}

/** Deletes finished executions submitted before `beforeMs`, in batches while `mayGoOn`; returns the number deleted. */
export async function deleteExecutionsBefore(
  executions: Pick<ExecutionLog, "deleteBefore">,
  beforeMs: number,
  mayGoOn: () => boolean = () => true,
): Promise<number> {
  let deleted = 0;
  while (mayGoOn()) {
    const count = await executions.deleteBefore(beforeMs, DELETE_BATCH);
    deleted += count;
    if (count < DELETE_BATCH) break;
  }
  return deleted;
}
