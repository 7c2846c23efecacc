import type { SchedulerNode } from "../core/job-store.js";
import { liveNodes, type Missing, missingOf } from "../core/orphans.js";
import type { SessionParts } from "./worker-context.js";

/** Jobs looked at, the most overdue first, and how late one must be before it counts. */
const JOBS_MAX = 50;
const OVERDUE_MS = 5_000;
const WARNED_MAX = 10_000;

/** Looks for jobs that are due and that no live scheduler can run; each is warned of once. */
export class OrphanWatch {
  readonly #warned = new Set<string>();

  constructor(private readonly parts: SessionParts) {}

  async look(self: Omit<SchedulerNode, "seenAt">): Promise<void> {
    const { store, time, news } = this.parts;
    const { jobs } = await store.list({ state: "scheduled", limit: JOBS_MAX });
    const nowMs = time.now();
    const overdue = jobs.filter(({ nextRunMs }) => nextRunMs !== null && nextRunMs < nowMs - OVERDUE_MS);
    if (overdue.length === 0) return;
    const nodes = [self, ...(store.shared ? liveNodes(await store.nodes(), await store.now()) : [])];
    for (const job of overdue) {
      const missing = missingOf(job, nodes);
      if (missing !== undefined && this.#isFirst(job.id, missing)) news.orphaned(job, missing);
    }
  }

  #isFirst(jobId: string, missing: Missing): boolean {
    const key = JSON.stringify([jobId, missing]);
    if (this.#warned.has(key)) return false;
    if (this.#warned.size >= WARNED_MAX) this.#warned.clear();
    this.#warned.add(key);
    return true;
  }
}
