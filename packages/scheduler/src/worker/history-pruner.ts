import type { Clock } from "../core/clock.js";
import { thrownLine } from "../core/describe-thrown.js";
import type { Logger } from "../core/executor.js";
import type { JobStore } from "../core/job-store.js";
import { hasReachedLimit } from "../core/run-limit.js";
import { deleteOld } from "./delete-old.js";

export interface House {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly stores: ReadonlyMap<string, JobStore>;
  /** How long finished executions are kept. */
  readonly historyMs: number;
}

const EVERY_MS = 60_000;
const PAGE = 100;

/**
 * Removes jobs that have had their `maxRuns` when nothing is left of their history: until then a declaration finds them
 * and does not begin anew. Looks at one page of the jobs without a next run each time.
 */
async function removeEnded(store: JobStore, cursors: Map<string, string>, alias: string): Promise<void> {
  const before = cursors.get(alias);
  const query = { state: "paused", limit: PAGE, ...(before === undefined ? {} : { cursor: before }) } as const;
  const { jobs, cursor } = await store.list(query);
  if (cursor === undefined) cursors.delete(alias);
  else cursors.set(alias, cursor);
  for (const job of jobs.filter(hasReachedLimit)) {
    const { executions } = await store.executions.list({ jobId: job.id, limit: 1 });
    if (executions.length === 0) await store.remove(job.id);
  }
}

/** Once a minute removes the executions that are too old, all there are. Disposing it stops it, also between two batches. */
export function keepHouse({ clock, logger, stores, historyMs }: House): Disposable {
  let isOver = false;
  const cursors = new Map<string, string>();
  let timer = clock.setTimer(EVERY_MS, () => void round());
  return {
    [Symbol.dispose]() {
      isOver = true;
      timer[Symbol.dispose]();
    },
  };

  async function round(): Promise<void> {
    for (const [alias, store] of stores) {
      try {
        await deleteOld(store.executions, (await store.now()) - historyMs, () => !isOver);
        await removeEnded(store, cursors, alias);
      } catch (error) {
        if (!isOver) logger.warn(`Old executions of job store "${alias}" could not be removed: ${thrownLine(error)}`);
      }
      if (isOver) return;
    }
    timer = clock.setTimer(EVERY_MS, () => void round());
  }
}
