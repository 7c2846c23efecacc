import { ConflictingIdError } from "../core/errors.js";
import type { JobRecord } from "../core/job-record.js";
import type { JobSpec } from "../core/job-spec.js";
import { Job, type JobKeeper } from "./job.js";
import { kept, sameTrigger } from "./keep-timetable.js";

export interface PendingJob {
  spec: JobSpec;
  /** As the spec says. When `job.record` is another, somebody has changed the job meanwhile. */
  record: JobRecord;
  readonly job: Job;
}

/** Jobs that were added before the start, in that order. The same id in two stores is two jobs. */
export class PendingJobs {
  readonly #entries = new Map<string, PendingJob>();

  constructor(private readonly keeper: JobKeeper) {}

  all(): Job[] {
    return Array.from(this.#entries.values(), ({ job }) => job);
  }

  /** In that store, or in the first that has one. */
  find(id: string, store?: string): Job | undefined {
    if (store !== undefined) return this.#entries.get(keyOf(store, id))?.job;
    for (const { job } of this.#entries.values()) if (job.id === id) return job;
    return undefined;
  }

  /** One that is there already is changed as `onConflict` says. */
  add(spec: JobSpec, record: JobRecord, store: string): Job {
    const key = keyOf(store, record.id);
    const existing = this.#entries.get(key);
    if (existing === undefined) {
      const job = new Job(record, store, true, this.keeper);
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

  /** Of one store, or of all; answers how many. */
  removeAll(store?: string): number {
    const gone = this.all().filter((job) => store === undefined || job.store === store);
    for (const job of gone) this.remove(job);
    return gone.length;
  }

  /** Takes them out one by one, as each is stored; one that cannot be stays, with those after it. */
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

/** The timetable stays with its trigger; what was changed by hand stays changed. */
function keep(pending: PendingJob, spec: JobSpec, wanted: JobRecord): void {
  const { job } = pending;
  const isUntouched = job.record === pending.record;
  const record = kept(job.record, wanted);
  if (sameTrigger(job.trigger, wanted.trigger)) pending.spec = withTimetableOf(pending.spec, spec);
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
