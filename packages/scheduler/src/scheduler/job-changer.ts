import { JobNotFoundError, JobSpecError } from "../core/errors.js";
import { withJobOffset } from "../core/job-offset.js";
import type { JobRecord } from "../core/job-record.js";
import { firstRunOf, type JobPatch, liveTrigger, patched } from "../core/job-spec.js";
import { pausedJob, unpaused } from "../core/pause.js";
import { hasReachedLimit, limitReached } from "../core/run-limit.js";
import { restamp, zoneStamp } from "../core/zone-stamp.js";
import type { Trigger, TriggerState } from "../triggers/trigger.js";
import type { Job, PauseOptions } from "./job.js";
import { untilWritten } from "./retry-on-conflict.js";
import type { SchedulerParts } from "./scheduler-context.js";
import { warnOf } from "./trigger-warnings.js";

/** Changes jobs in their stores, or where they wait for the start. */
export class JobChanger {
  constructor(private readonly parts: SchedulerParts) {}

  patch(job: Job, patch: JobPatch): Promise<JobRecord> {
    const { timezone } = this.parts;
    return this.#change(job, (record, nowMs) => patched(record, patch, { timezone, nowMs }));
  }

  reschedule(job: Job, trigger: Trigger | TriggerState | string): Promise<JobRecord> {
    const { timezone, random } = this.parts;
    return this.#change(job, (record, nowMs) => {
      if (hasReachedLimit(record)) throw limitReached(record);
      const bare = liveTrigger(trigger, timezone).anchored(nowMs);
      const anchored = withJobOffset(bare, record.id, record.randomizedOffset);
      const nextRunMs = firstRunOf(anchored, nowMs, random);
      if (nextRunMs === null) throw new JobSpecError("trigger", `${anchored} has no run time left`);
      warnOf({ name: record.name, trigger: anchored }, this.parts.logger);
      const { zoneRules: _ofTheOldTrigger, ...rest } = unpaused(record);
      return { ...rest, trigger: anchored, nextRunMs, ...zoneStamp(anchored, nowMs) };
    });
  }

  pause(job: Job, options: PauseOptions): Promise<JobRecord> {
    const { timezone, random } = this.parts;
    return this.#change(job, (record, nowMs) => {
      const paused = pausedJob(record, options, { timezone, nowMs, random });
      return paused.nextRunMs === null ? paused : restamp(paused, nowMs);
    });
  }

  /** Undefined when the trigger has ended: there is nothing to resume. */
  async resume(job: Job): Promise<JobRecord | undefined> {
    const { stores, clock, random } = this.parts;
    if (hasReachedLimit(job.record)) throw limitReached(job.record);
    const nowMs = job.pending ? clock.now() : await stores.get(job.store).now();
    const nextRunMs = job.trigger.next(null, nowMs, random) ?? onlyRunOf(job.record, nowMs);
    return nextRunMs === null
      ? undefined
      : this.#change(job, (record, at) => restamp({ ...unpaused(record), nextRunMs }, at));
  }

  /** Reads, changes and writes until nobody came between. */
  async #change(job: Job, change: (record: JobRecord, nowMs: number) => JobRecord): Promise<JobRecord> {
    const { stores, clock, logger, events } = this.parts;
    if (job.pending) return change(job.record, clock.now());
    const store = stores.get(job.store);
    return untilWritten(job.id, this.parts, async () => {
      const current = await store.get(job.id);
      if (current === undefined) throw new JobNotFoundError(job.id);
      const updated = await store.update(change(current, await store.now()));
      if (updated === undefined) return undefined;
      logger.info(`Modified job ${job.id}`);
      events.emit("job:modified", { jobId: job.id, store: job.store });
      stores.wake(job.store);
      return updated;
    });
  }
}

/**
 * The run time of a one-off that passed while it was paused: it runs, or is missed by its grace, and is written down
 * either way. A repeating trigger that has ended is done with, as in APScheduler.
 */
function onlyRunOf({ trigger, createdMs }: JobRecord, nowMs: number): number | null {
  const first = firstRunOf(trigger, createdMs, () => 0);
  return first !== null && first <= nowMs && trigger.next(first, first) === null ? first : null;
}
