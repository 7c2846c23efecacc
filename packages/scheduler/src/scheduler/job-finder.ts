import { JobNotFoundError } from "../core/errors.js";
import type { JobQuery } from "../core/job-store.js";
import { checkKnown, type OptionNames } from "../core/known-options.js";
import { Job } from "./job.js";
import type { SchedulerParts } from "./scheduler-context.js";

/** Jobs, with the cursor to go on with when there are more. */
export type JobList = Job[] & { cursor?: string };

/** Filter and page of a list of jobs. */
export interface JobListQuery {
  readonly store?: string;
  readonly state?: "scheduled" | "paused" | "pending";
  readonly tag?: string;
  readonly limit?: number;
  readonly cursor?: string;
}

const LIST_NAMES: OptionNames<JobListQuery> = { store: true, state: true, tag: true, limit: true, cursor: true };

/** Finds jobs in the stores, and among those that wait for the start. */
export class JobFinder {
  constructor(private readonly parts: SchedulerParts) {}

  async find(id: string, store?: string): Promise<Job | undefined> {
    const { pending, stores, keeper, isStopped } = this.parts;
    const waiting = pending.find(id, store);
    if (waiting !== undefined) return waiting;
    if (isStopped()) return undefined;
    for (const alias of stores.aliases(store)) {
      const record = await stores.get(alias).get(id);
      if (record !== undefined) return new Job(record, alias, false, keeper);
    }
    return undefined;
  }

  async existing(id: string, store?: string): Promise<Job> {
    const job = await this.find(id, store);
    if (job === undefined) throw new JobNotFoundError(id);
    return job;
  }

  async list(query: JobListQuery): Promise<JobList> {
    checkKnown<JobListQuery>(query, LIST_NAMES, "getJobs");
    const { stores, isStopped } = this.parts;
    const pending = this.#pending(query);
    if (isStopped() || query.state === "pending") return pending;
    const { store, state, ...rest } = query;
    const storeQuery: JobQuery = { ...rest, ...(state === undefined ? {} : { state }) };
    if (store !== undefined) return this.#page(store, storeQuery);
    const lists = await Promise.all(stores.aliases().map((alias) => this.#all(alias, storeQuery)));
    return [...pending, ...lists.flat()].slice(0, query.limit);
  }

  /** Every job of one store, however many pages they fill. */
  allOf(alias: string): Promise<Job[]> {
    return this.#all(alias, {});
  }

  /** APScheduler 3's listing, line by line. */
  async lines(store?: string): Promise<string[]> {
    const { stores, isStopped } = this.parts;
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
    return this.parts.pending.all().filter((job) => matches(job, query));
  }

  async #page(alias: string, query: JobQuery): Promise<JobList> {
    const { jobs, cursor } = await this.parts.stores.get(alias).list(query);
    const list: JobList = jobs.map((record) => new Job(record, alias, false, this.parts.keeper));
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
}

function matches(job: Job, { store, state, tag }: JobListQuery): boolean {
  if (store !== undefined && job.store !== store) return false;
  if (state === "scheduled" ? job.paused : state === "paused" ? !job.paused : false) return false;
  return tag === undefined || job.tags.includes(tag);
}

function indented(jobs: readonly Job[], none: string): string[] {
  return jobs.length > 0 ? jobs.map((job) => `    ${job}`) : [`    ${none}`];
}
