import { patchJob, rescheduleJob, resumedRunTime, resumeJob } from "../core/change-job.js";
import { JobNotFoundError } from "../core/errors.js";
import type { JobRecord } from "../core/job-record.js";
import { hasText } from "../core/job-search.js";
import type { JobPatch } from "../core/job-spec.js";
import type { JobQuery } from "../core/job-store.js";
import { checkKnown, type OptionNames } from "../core/known-options.js";
import { type PauseOptions, pauseJob } from "../core/pause.js";
import { hasReachedLimit, limitReached } from "../core/run-limit.js";
import { restamp } from "../core/zone-stamp.js";
import type { Trigger, TriggerState } from "../triggers/trigger.js";
import { Job } from "./job.js";
import { retryOnConflict } from "./retry-on-conflict.js";
import type { SchedulerContext } from "./scheduler-context.js";
import { logTriggerWarnings } from "./trigger-warnings.js";

/** Jobs, with the cursor of the next page when there are more. */
export type JobList = Job[] & { cursor?: string };

/** Filter and page of a listing of jobs. */
export interface JobListQuery {
  readonly store?: string;
  readonly state?: "scheduled" | "paused" | "pending";
  readonly tag?: string;
  /** Text in an id, a name, a task or a tag, whatever the case. */
  readonly search?: string;
  readonly limit?: number;
  readonly cursor?: string;
}

const LIST_NAMES: OptionNames<JobListQuery> = {
  store: true,
  state: true,
  tag: true,
  search: true,
  limit: true,
  cursor: true,
};

/** Jobs of a scheduler, in its stores or pending until its start: finds, lists, changes and removes them. */
export class Jobs {
  constructor(private readonly context: SchedulerContext) {}

  // ── find ────────────────────────────────────────────────────────────────────────────────────────────────────────

  async find(id: string, store?: string): Promise<Job | undefined> {
    const { pending, stores, jobHost, isStopped } = this.context;
    const pendingJob = pending.find(id, store);
    if (pendingJob !== undefined) return pendingJob;
    if (isStopped()) return undefined;
    for (const alias of stores.aliases(store)) {
      const record = await stores.get(alias).get(id);
      if (record !== undefined) return new Job(record, alias, false, jobHost);
    }
    return undefined;
  }

  /** Finds a job, or throws a JobNotFoundError. */
  async existing(id: string, store?: string): Promise<Job> {
    const job = await this.find(id, store);
    if (job === undefined) throw new JobNotFoundError(id);
    return job;
  }

  async list(query: JobListQuery): Promise<JobList> {
    checkKnown<JobListQuery>(query, LIST_NAMES, "getJobs");
    const { stores, isStopped } = this.context;
    const pending = this.#pending(query);
    if (isStopped() || query.state === "pending") return pending;
    const { store, state, ...rest } = query;
    const storeQuery: JobQuery = { ...rest, ...(state === undefined ? {} : { state }) };
    if (store !== undefined) return this.#page(store, storeQuery);
    const lists = await Promise.all(stores.aliases().map((alias) => this.#all(alias, storeQuery)));
    return [...pending, ...lists.flat()].slice(0, query.limit);
  }

  /** Returns every job of one store, page by page. */
  allOf(alias: string): Promise<Job[]> {
    return this.#all(alias, {});
  }

  /** Returns APScheduler 3's listing, line by line. */
  async lines(store?: string): Promise<string[]> {
    const { stores, isStopped } = this.context;
    if (isStopped()) {
      return ["Pending jobs:", ...indented(this.#pending(store === undefined ? {} : { store }), "No pending jobs")];
    }
    const lines: string[] = [];
    for (const alias of stores.aliases().sort()) {
      if (store !== undefined && store !== alias) continue;
      lines.push(`Jobstore ${alias}:`, ...indented(await this.#all(alias, {}), "No scheduled jobs"));
    }
    return lines;
  }

  #pending(query: JobListQuery): Job[] {
    return this.context.pending.all().filter((job) => matches(job, query));
  }

  async #page(alias: string, query: JobQuery): Promise<JobList> {
    const { jobs, cursor } = await this.context.stores.get(alias).list(query);
    const { search } = query;
    const found = search === undefined ? jobs : jobs.filter((record) => hasText(record, search));
    const list: JobList = found.map((record) => new Job(record, alias, false, this.context.jobHost));
    if (cursor !== undefined) list.cursor = cursor;
    return list;
  }

  async #all(alias: string, query: JobQuery): Promise<Job[]> {
    const all: Job[] = [];
    let cursor: string | undefined;
    do {
      const list = await this.#page(alias, { ...query, ...(cursor === undefined ? {} : { cursor }) });
      for (const job of list) all.push(job);
      cursor = list.cursor;
    } while (cursor !== undefined && all.length < (query.limit ?? Number.POSITIVE_INFINITY));
    return all;
  }

  // ── change ──────────────────────────────────────────────────────────────────────────────────────────────────────

  patch(job: Job, patch: JobPatch): Promise<JobRecord> {
    const { timezone } = this.context;
    return this.#change(job, (record, nowMs) => patchJob(record, patch, { timezone, nowMs }));
  }

  reschedule(job: Job, trigger: Trigger | TriggerState | string): Promise<JobRecord> {
    const { timezone, random, logger } = this.context;
    return this.#change(job, (record, nowMs) => {
      const rescheduled = rescheduleJob(record, trigger, { timezone, nowMs, random });
      logTriggerWarnings(rescheduled, logger);
      return rescheduled;
    });
  }

  pause(job: Job, options: PauseOptions): Promise<JobRecord> {
    const { timezone, random } = this.context;
    return this.#change(job, (record, nowMs) => {
      const paused = pauseJob(record, options, { timezone, nowMs, random });
      return paused.nextRunMs === null ? paused : restamp(paused, nowMs);
    });
  }

  /** Returns undefined when the trigger has ended, so that there is nothing to resume. */
  async resume(job: Job): Promise<JobRecord | undefined> {
    const { stores, clock, random } = this.context;
    if (hasReachedLimit(job.record)) throw limitReached(job.record);
    const nowMs = job.pending ? clock.now() : await stores.get(job.store).now();
    const nextRunMs = resumedRunTime(job.record, nowMs, random);
    return nextRunMs === null ? undefined : this.#change(job, (record, at) => resumeJob(record, nextRunMs, at));
  }

  /** Reads, changes and writes a job, again whenever another writer came first. */
  async #change(job: Job, change: (record: JobRecord, nowMs: number) => JobRecord): Promise<JobRecord> {
    const { stores, clock, logger, events } = this.context;
    if (job.pending) return change(job.record, clock.now());
    const store = stores.get(job.store);
    return retryOnConflict(job.id, this.context, async () => {
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

  // ── remove ──────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Removes a job from the given store, or from the first that has it. Throws a JobNotFoundError. */
  async remove(id: string, store?: string): Promise<void> {
    const { pending, stores, logger, events, isStopped } = this.context;
    const pendingJob = pending.find(id, store);
    if (pendingJob !== undefined) {
      pending.remove(pendingJob);
      return;
    }
    for (const alias of isStopped() ? [] : stores.aliases(store)) {
      if (!(await stores.get(alias).remove(id))) continue;
      logger.info(`Removed job ${id}`);
      events.emit("job:removed", { jobId: id, store: alias });
      return;
    }
    throw new JobNotFoundError(id);
  }

  /** Removes every job of one store, or of all; returns their number. */
  async removeAll(store?: string): Promise<number> {
    const { pending, stores, events, isStopped } = this.context;
    let count = pending.removeAll(store);
    for (const alias of isStopped() ? [] : stores.aliases(store)) count += await stores.get(alias).removeAll();
    events.emit("jobs:removed", { store });
    return count;
  }
}

function matches(job: Job, { store, state, tag, search }: JobListQuery): boolean {
  if (store !== undefined && job.store !== store) return false;
  if (state === "scheduled" ? job.paused : state === "paused" ? !job.paused : false) return false;
  if (search !== undefined && !hasText(job, search)) return false;
  return tag === undefined || job.tags.includes(tag);
}

function indented(jobs: readonly Job[], none: string): string[] {
  return jobs.length > 0 ? jobs.map((job) => `    ${job}`) : [`    ${none}`];
}
