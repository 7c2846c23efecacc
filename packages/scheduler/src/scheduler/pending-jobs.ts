import { ConflictingIdError } from "../core/errors.js";
import type { JobRecord } from "../core/job-record.js";
import type { JobSpec } from "../core/job-spec.js";
import { Job, type JobHost } from "./job.js";
import { isSameTrigger, keepTimetable } from "./keep-timetable.js";

/** Job that was added before the start. */
export interface PendingJob {
  spec: JobSpec;
  /** Record made from the spec; `job.record` is another one after a change of the job. */
  record: JobRecord;
  readonly job: Job;
}

/** Jobs added before the start, in that order. The same id in two stores is two jobs. */
export class PendingJobs {
  readonly #entries = new Map<string, PendingJob>();

  constructor(private readonly jobHost: JobHost) {}

  all(): Job[] {
    return Array.from(this.#entries.values(), ({ job }) => job);
  }

  /** Finds a job of the given store, or of the first that has it. */
  find(id: string, store?: string): Job | undefined {
    if (store !== undefined) return this.#entries.get(keyOf(store, id))?.job;
    for (const { job } of this.#entries.values()) if (job.id === id) return job;
    return undefined;
  }

  /** Adds a job; an id that is in use is handled as `onConflict` says. */
  add(spec: JobSpec, record: JobRecord, store: string): Job {
    const key = keyOf(store, record.id);
    const existing = this.#entries.get(key);
    if (existing === undefined) {
      const job = new Job(record, store, true, this.jobHost);
      this.#entries.set(key, { spec, record, job });
      return job;
    }
    if ((spec.onConflict ?? "error") === "error") throw new ConflictingIdError(record.id);
    if (spec.onConflict === "keep") keep(existing, spec, record);
    else replace(existing, spec, record);
    return existing.job;
  }

  remove({ id, store }: Job): void {
    this.#entries.delete(keyOf(store, id));
  }

  /** Removes the jobs of one store, or of all; returns their number. */
  removeAll(store?: string): number {
    const gone = this.all().filter((job) => store === undefined || job.store === store);
    for (const job of gone) this.remove(job);
    return gone.length;
  }

  /** Stores the jobs one by one and removes each then; a job that cannot be stored stays, with those after it. */
  async settle(stored: (pending: PendingJob) => Promise<JobRecord>): Promise<void> {
    for (const [key, pending] of this.#entries) {
      pending.job.settle(await stored(pending));
      this.#entries.delete(key);
    }
  }
}

function keyOf(store: string, id: string): string {
  return JSON.stringify([store, id]);
}

function replace(pending: PendingJob, spec: JobSpec, record: JobRecord): void {
  pending.spec = spec;
  pending.record = record;
  pending.job.redefine(record);
}

/** Keeps the timetable of an equal trigger, and the changes that were made by hand. */
function keep(pending: PendingJob, spec: JobSpec, wanted: JobRecord): void {
  const { job } = pending;
  const isUntouched = job.record === pending.record;
  const record = keepTimetable(job.record, wanted);
  if (isSameTrigger(job.trigger, wanted.trigger)) pending.spec = withTimetableOf(pending.spec, spec);
  else pending.spec = job.paused ? { ...spec, nextRunTime: null } : spec;
  if (isUntouched) pending.record = record;
  job.redefine(record);
}

function withTimetableOf({ trigger, nextRunTime, runImmediately }: JobSpec, spec: JobSpec): JobSpec {
  const { trigger: _trigger, nextRunTime: _nextRunTime, runImmediately: _runImmediately, ...rest } = spec;
  return {
    ...rest,
    ...(trigger === undefined ? {} : { trigger }),
    ...(nextRunTime === undefined ? {} : { nextRunTime }),
    ...(runImmediately === undefined ? {} : { runImmediately }),
  };
}
