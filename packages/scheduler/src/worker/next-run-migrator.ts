import type { JobRecord } from "../core/job-record.js";
import type { JobStore } from "../core/job-store.js";
import { isUnderOldRules, underOwnRules } from "../core/zone-stamp.js";
import type { SessionNews } from "./run-events.js";
import type { StoreTrouble } from "./store-backoff.js";

/** Moves the next runs that older rules of a time zone made to where the rules of this process have them. */
export class ZoneMoves {
  constructor(
    private readonly store: JobStore,
    private readonly news: Pick<SessionNews, "moved">,
    private readonly trouble: Pick<StoreTrouble, "bestEffort">,
  ) {}

  /** Undefined when another scheduler changed the job meanwhile, or nothing is to be moved. */
  async move(job: JobRecord, nowMs: number): Promise<JobRecord | undefined> {
    if (!isUnderOldRules(job, nowMs)) return undefined;
    let moved: JobRecord | undefined;
    await this.trouble.bestEffort("move a job to new rules of its time zone", async () => {
      moved = await this.store.update(underOwnRules(job, nowMs));
    });
    if (moved !== undefined) this.news.moved(job, moved);
    return moved;
  }
}
