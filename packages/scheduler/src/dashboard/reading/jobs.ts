import type { DurationStatistics, Execution } from "../../core/execution.js";
import { hasText } from "../../core/job-search.js";
import type { Missing } from "../../core/orphans.js";
import { TABLE_TAG } from "../../crontab/table-tag.js";
import type { Job } from "../../scheduler/job.js";
import type { DashboardScheduler } from "../dashboard-scheduler.js";
import { NotFoundProblem } from "../http/problem.js";
import { FINAL_STATES, type JobState } from "../wording.js";
import { decodePosition, encodePosition, MergedPages, type Unreadable } from "./merged-pages.js";
import { chosenStores, storeClocks, storeNow } from "./stores.js";

/** Job, as a row of the table. */
export interface JobRow {
  readonly job: Job;
  readonly state: JobState;
  /** Time of its store when it was read, epoch ms. */
  readonly nowMs: number;
  readonly running: number;
  readonly durations?: DurationStatistics | undefined;
  /** Last execution that has ended. */
  readonly last?: Execution | undefined;
  /** Task or executor that no live scheduler has. */
  readonly missing?: Missing | undefined;
}

export interface JobsQuery {
  /** Part of a name, id or task. */
  readonly search?: string | undefined;
  readonly state?: JobState | undefined;
  readonly tag?: string | undefined;
  readonly store?: string | undefined;
  readonly limit: number;
  readonly cursor?: string | undefined;
}

export interface JobsPage {
  readonly rows: readonly JobRow[];
  readonly cursor?: string;
  /** Whether the search stopped before the end: `cursor` continues it. */
  readonly cut: boolean;
  readonly unreadable: readonly Unreadable[];
}

const PAGE = 100;
/** Jobs that a filter by state reads at a time. */
const SCAN_MAX = 2_000;
/** Grace after which an unclaimed job counts as overdue, ms. */
const OVERDUE_AFTER_MS = 5_000;

/** Reads jobs of all stores by their next run, filtered. */
export async function readJobs(scheduler: DashboardScheduler, query: JobsQuery): Promise<JobsPage> {
  const stores = chosenStores(scheduler, query.store);
  const clocks = await storeClocks(scheduler, stores);
  const merged = mergedJobs(scheduler, stores, query);
  const found: JobRow[] = [];
  let scanned = 0;
  let ended = false;
  while (!ended && found.length < query.limit && scanned < SCAN_MAX) {
    const job = await merged.take();
    if (job === undefined) break;
    scanned++;
    const row = bare(job, clocks.get(job.store)!);
    if (matches(row, query)) found.push(row);
    ended = query.state === "overdue" && row.state === "scheduled"; // they come by their next run
  }
  const more = !ended && (await merged.peek()) !== undefined;
  return {
    rows: await enriched(scheduler, await withExactMatch(scheduler, found, query, clocks)),
    ...(more ? { cursor: encodePosition({ places: merged.position }) } : {}),
    cut: more && found.length < query.limit,
    unreadable: merged.unreadable,
  };
}

/** Reads a job as a row of the table. Throws a 404. */
export async function readJob(scheduler: DashboardScheduler, store: string, id: string): Promise<JobRow> {
  const job = scheduler.stores.has(store) ? await scheduler.getJob(id, store) : undefined;
  if (job === undefined)
    throw new NotFoundProblem(`No job by the id of ${id} was found in "${store}"`, "JobNotFoundError");
  const [row] = await enriched(scheduler, [bare(job, await storeNow(scheduler, store))]);
  return row!;
}

function mergedJobs(
  scheduler: DashboardScheduler,
  stores: readonly string[],
  { search, state, tag, cursor }: JobsQuery,
): MergedPages<Job> {
  const storeState = state === "overdue" ? "scheduled" : state === "ended" ? "paused" : state;
  const filter = {
    ...(storeState === undefined ? {} : { state: storeState }),
    ...(tag === undefined ? {} : { tag }),
    ...(search === undefined ? {} : { search }),
  };
  const sources = stores.map((store) => ({
    name: store,
    page: async (after: string | undefined) => {
      const list = await scheduler.getJobs({
        ...filter,
        store,
        limit: PAGE,
        ...(after === undefined ? {} : { cursor: after }),
      });
      return { items: list, ...(list.cursor === undefined ? {} : { cursor: list.cursor }) };
    },
  }));
  return new MergedPages(sources, byNextRun, decodePosition(cursor));
}

function byNextRun(a: Job, b: Job): number {
  return nextRunOf(a) - nextRunOf(b);
}

function nextRunOf(job: Job): number {
  return job.nextRunTime?.getTime() ?? Number.MAX_SAFE_INTEGER;
}

function bare(job: Job, nowMs: number): JobRow {
  return { job, nowMs, state: stateOf(job, nowMs), running: 0 };
}

function stateOf(job: Job, nowMs: number): JobState {
  if (job.pending) return "pending";
  if (job.ended) return "ended";
  if (job.paused) return "paused";
  return nextRunOf(job) < nowMs - OVERDUE_AFTER_MS ? "overdue" : "scheduled";
}

function matches({ job, state }: JobRow, { search, state: wanted }: JobsQuery): boolean {
  if (job.tags.includes(TABLE_TAG)) return false; // the text of a crontab
  if (wanted !== undefined && wanted !== state && !(wanted === "scheduled" && state === "overdue")) return false;
  return search === undefined || hasText(job, search);
}

/** Finds a job by its exact id, among any number of jobs. */
async function withExactMatch(
  scheduler: DashboardScheduler,
  rows: readonly JobRow[],
  query: JobsQuery,
  clocks: ReadonlyMap<string, number>,
): Promise<readonly JobRow[]> {
  const { search, cursor } = query;
  if (search === undefined || cursor !== undefined || rows.some(({ job }) => job.id === search)) return rows;
  const exact: JobRow[] = [];
  for (const [store, nowMs] of clocks) {
    const job = await scheduler.getJob(search, store).catch(() => undefined); // the list reports that the store cannot be read
    if (job === undefined || (query.tag !== undefined && !job.tags.includes(query.tag))) continue;
    const row = bare(job, nowMs);
    if (matches(row, query)) exact.push(row);
  }
  return [...exact, ...rows];
}

async function enriched(scheduler: DashboardScheduler, rows: readonly JobRow[]): Promise<readonly JobRow[]> {
  const stores = [...new Set(rows.map(({ job }) => job.store))];
  const known = new Map(
    await Promise.all(stores.map(async (store) => [store, await historyOf(scheduler, store, rows)] as const)),
  );
  return rows.map((row) => {
    const { active, durations, last, missing } = known.get(row.job.store)!;
    const { id } = row.job;
    return {
      ...row,
      running: active.get(id) ?? 0,
      durations: durations.get(id),
      last: last.get(id),
      missing: missing.get(id),
    };
  });
}

interface History {
  readonly active: ReadonlyMap<string, number>;
  readonly durations: ReadonlyMap<string, DurationStatistics>;
  readonly last: ReadonlyMap<string, Execution>;
  readonly missing: ReadonlyMap<string, Missing>;
}

const NO_HISTORY: History = { active: new Map(), durations: new Map(), last: new Map(), missing: new Map() };

async function historyOf(scheduler: DashboardScheduler, store: string, rows: readonly JobRow[]): Promise<History> {
  const jobs = rows.map(({ job }) => job).filter((job) => job.store === store);
  const ids = jobs.map(({ id }) => id);
  if (scheduler.state === "stopped") return NO_HISTORY;
  const [active, durations, last, orphans] = await Promise.all([
    scheduler.stores.get(store)!.executions.countActive(ids),
    scheduler.durations(ids, store),
    lastOutcomes(scheduler, store, ids),
    scheduler.orphansAmong(jobs, store),
  ]);
  return { active, durations, last, missing: new Map(orphans.map((orphan) => [orphan.job.id, orphan])) };
}

const RECENT = 200;

/** Reads last outcomes: most are among the store's newest executions, the others are read one by one, to leave connections to the scheduler. */
async function lastOutcomes(
  scheduler: DashboardScheduler,
  store: string,
  ids: readonly string[],
): Promise<ReadonlyMap<string, Execution>> {
  const last = new Map<string, Execution>();
  const recent = await scheduler.executions({ store, states: FINAL_STATES, limit: RECENT });
  for (const execution of recent.executions) if (!last.has(execution.jobId)) last.set(execution.jobId, execution);
  if (recent.cursor === undefined) return last;
  for (const jobId of ids) {
    if (last.has(jobId)) continue;
    const { executions } = await scheduler.executions({ store, jobId, states: FINAL_STATES, limit: 1 });
    if (executions[0] !== undefined) last.set(jobId, executions[0]);
  }
  return last;
}
