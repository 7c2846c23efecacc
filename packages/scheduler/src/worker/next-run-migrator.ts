import type { JobRecord } from "../core/job-record.js";
import type { JobStore } from "../core/job-store.js";
import { hasOlderZoneRules, migrateZoneRules } from "../core/zone-stamp.js";
import type { RunEvents } from "./run-events.js";
import type { StoreBackoff } from "./store-backoff.js";

/** Moves next runs that were computed under older rules of a time zone to the moments that this process's rules give. */
export class NextRunMigrator {
  constructor(
    private readonly store: JobStore,
    private readonly events: Pick<RunEvents, "nextRunMoved">,
    private readonly backoff: Pick<StoreBackoff, "bestEffort">,
  ) {}

  /** Returns the job as stored; undefined when its rules are current or another scheduler changed it. */
  async migrate(job: JobRecord, nowMs: number): Promise<JobRecord | undefined> {
    if (!hasOlderZoneRules(job, nowMs)) return undefined;
    let migrated: JobRecord | undefined;
    await this.backoff.bestEffort("move a job to new rules of its time zone", async () => {
      migrated = await this.store.update(migrateZoneRules(job, nowMs));
    });
    if (migrated !== undefined) this.events.nextRunMoved(job, migrated);
    return migrated;
  }
}
