import {
  type DurationStatistics,
  type Execution,
  type ExecutionPage,
  type ExecutionQuery,
  type ExecutionState,
  isFinalState,
} from "../core/execution.js";
import type { ExecutionLog, PlannedRun, Report } from "../core/job-store.js";
import type { Json } from "../core/json.js";
import type { Instance } from "./memory-instances.js";
import { statisticsOf } from "./statistics-of.js";

const DURATIONS_OF = 100;
const LIMIT_DEFAULT = 100;

/** What is known of a job's runs, whether it is still there or not. It goes with its last row. */
export class JobPast {
  /** Instances under way. */
  running = 0;
  newest: ExecutionRow | undefined;

  constructor(readonly jobId: string) {}

  /** Whether a claim dispatched that run time. Looks through all that is kept: for the rare time that is not simply a later one. */
  hasRun(incarnation: string, scheduledAt: number): boolean {
    for (let row = this.newest; row !== undefined; row = row.olderOfJob) {
      if (row.scheduledAt === scheduledAt && row.incarnation === incarnation) return true;
    }
    return false;
  }

  /** Run times of a job with an execution that is not, or did not end, in one of those states. */
  timesHad(incarnation: string, but: readonly ExecutionState[]): ReadonlySet<number> {
    const times = new Set<number>();
    for (let row = this.newest; row !== undefined; row = row.olderOfJob) {
      if (row.incarnation === incarnation && !but.includes(row.state)) times.add(row.scheduledAt);
    }
    return times;
  }

  /** The latest run time that a claim dispatched; -Infinity when there is none. */
  lastRun(incarnation: string): number {
    let last = Number.NEGATIVE_INFINITY;
    for (let row = this.newest; row !== undefined; row = row.olderOfJob) {
      if (row.incarnation === incarnation) last = Math.max(last, row.scheduledAt);
    }
    return last;
  }
}

/** An execution as it is written to, linked to its neighbours so that it can leave from anywhere in one step. */
export class ExecutionRow {
  startedAt: number | null = null;
  finishedAt: number | null = null;
  durationMs: number | null = null;
  attempt = 1;
  result: Json | null = null;
  error: string | null = null;
  stack: string | null = null;
  /** Of the instance when it last held this; 0 when it is nobody's any more. */
  token = 0;
  /** The one that holds it, while it is under way. */
  instance: Instance | undefined;
  older: ExecutionRow | undefined;
  newer: ExecutionRow | undefined;
  olderOfJob: ExecutionRow | undefined;
  newerOfJob: ExecutionRow | undefined;
  isIndexed = false;
  /** Where it stands in the ring of the finished ones. */
  place = -1;

  constructor(
    readonly id: string,
    readonly past: JobPast,
    readonly jobName: string,
    readonly scheduledAt: number,
    readonly submittedAt: number,
    public state: ExecutionState,
    public owner: string,
    /** Of the job; empty for a run by hand, which may repeat a run time. */
    readonly incarnation: string,
    readonly order: number,
  ) {}

  get isFinal(): boolean {
    return isFinalState(this.state);
  }

  take({ state, attempt, startedAt, finishedAt, result, error, stack }: Report): void {
    this.state = state;
    this.attempt = attempt;
    this.startedAt = startedAt;
    this.finishedAt = finishedAt;
    this.durationMs = startedAt !== null && finishedAt !== null ? finishedAt - startedAt : null;
    this.result = result;
    this.error = error;
    this.stack = stack;
  }

  /** Ends it in the name of none. */
  end(state: "lost" | "cancelled" | "max_instances", nowMs: number): void {
    this.state = state;
    this.finishedAt = nowMs;
    this.durationMs = null;
    this.token = 0;
    this.instance = undefined;
  }

  asPlanned(): PlannedRun {
    return { executionId: this.id, scheduledAt: this.scheduledAt };
  }

  asExecution(): Execution {
    const { id, past, jobName, scheduledAt, submittedAt, startedAt, finishedAt, durationMs, state, owner, attempt } =
      this;
    const { result, error, stack } = this;
    const times = { scheduledAt, submittedAt, startedAt, finishedAt, durationMs };
    return { id, jobId: past.jobId, jobName, ...times, state, owner, attempt, result, error, stack };
  }
}

/** What a new row is made of. */
export interface NewRow {
  readonly past: JobPast;
  readonly jobName: string;
  readonly nowMs: number;
  readonly state: "queued" | "submitted" | "max_instances";
  readonly owner: string;
  readonly incarnation: string;
}

/**
 * What happened, bounded: beyond `max` finished executions, those that finished first are forgotten. Nothing here takes
 * longer the more there is, but listing and deleting.
 */
export class MemoryHistory implements ExecutionLog {
  readonly #pasts = new Map<string, JobPast>();
  #newest: ExecutionRow | undefined;
  #oldest: ExecutionRow | undefined;
  #order = 0;
  /** A ring in the order of finishing; a row that was deleted leaves a hole, which is used when its turn comes. */
  readonly #finished: (ExecutionRow | undefined)[] = [];
  #nextPlace = 0;
  /** Made when somebody asks for an id: a Map through which every execution passed would keep the collector busy. */
  readonly #byId = new Map<string, ExecutionRow>();
  #firstUnindexed: ExecutionRow | undefined;

  constructor(private readonly max: number) {}

  find(id: string): ExecutionRow | undefined {
    for (let row = this.#firstUnindexed; row !== undefined; row = row.newer) {
      row.isIndexed = true;
      this.#byId.set(row.id, row);
    }
    this.#firstUnindexed = undefined;
    return this.#byId.get(id);
  }

  past(jobId: string): JobPast | undefined {
    return this.#pasts.get(jobId);
  }

  /** The past of a job that is about to have one. */
  openPast(jobId: string): JobPast {
    let past = this.#pasts.get(jobId);
    if (past === undefined) {
      past = new JobPast(jobId);
      this.#pasts.set(jobId, past);
    }
    return past;
  }

  add(
    { executionId, scheduledAt }: PlannedRun,
    { past, jobName, nowMs, state, owner, incarnation }: NewRow,
  ): ExecutionRow {
    const order = this.#order++;
    const row = new ExecutionRow(executionId, past, jobName, scheduledAt, nowMs, state, owner, incarnation, order);
    row.older = this.#newest;
    if (row.older === undefined) this.#oldest = row;
    else row.older.newer = row;
    this.#newest = row;
    row.olderOfJob = past.newest;
    if (row.olderOfJob !== undefined) row.olderOfJob.newerOfJob = row;
    past.newest = row;
    this.#firstUnindexed ??= row;
    return row;
  }

  /** The row has its last state: from now on it may be forgotten. */
  finished(row: ExecutionRow): void {
    if (this.max <= 0) {
      this.#forget(row);
      return;
    }
    const place = this.#nextPlace;
    const first = this.#finished[place];
    if (first !== undefined) this.#forget(first);
    this.#finished[place] = row;
    row.place = place;
    this.#nextPlace = (place + 1) % this.max;
  }

  /** Takes the row out of everything. Its links are cut: old garbage that points at what is new would keep it alive. */
  #forget(row: ExecutionRow): void {
    if (row.place >= 0) this.#finished[row.place] = undefined;
    if (row.isIndexed) this.#byId.delete(row.id);
    else if (this.#firstUnindexed === row) this.#firstUnindexed = row.newer;
    this.#unlink(row);
    this.closePast(row.past);
  }

  #unlink(row: ExecutionRow): void {
    const { older, newer, olderOfJob, newerOfJob, past } = row;
    if (older === undefined) this.#oldest = newer;
    else older.newer = newer;
    if (newer === undefined) this.#newest = older;
    else newer.older = older;
    if (olderOfJob !== undefined) olderOfJob.newerOfJob = newerOfJob;
    if (newerOfJob === undefined) past.newest = olderOfJob;
    else newerOfJob.olderOfJob = olderOfJob;
    row.older = row.newer = row.olderOfJob = row.newerOfJob = undefined;
  }

  /** Forgets the job when nothing is left to know of it. */
  closePast(past: JobPast): void {
    if (past.running === 0 && past.newest === undefined) this.#pasts.delete(past.jobId);
  }

  get(id: string): Execution | undefined {
    return this.find(id)?.asExecution();
  }

  list({ jobId, states, from, to, limit = LIMIT_DEFAULT, cursor }: ExecutionQuery): ExecutionPage {
    const before = cursor === undefined ? Number.POSITIVE_INFINITY : Number(cursor);
    const executions: Execution[] = [];
    let last: ExecutionRow | undefined;
    for (const row of jobId === undefined ? this.#newestFirst() : this.#newestOfJob(jobId)) {
      if (row.order >= before) continue;
      if (states !== undefined && !states.includes(row.state)) continue;
      if ((from !== undefined && row.submittedAt < from) || (to !== undefined && row.submittedAt >= to)) continue;
      if (last !== undefined && executions.length >= limit) return { executions, cursor: String(last.order) };
      executions.push(row.asExecution());
      last = row;
    }
    return { executions };
  }

  durations(jobIds: readonly string[]): ReadonlyMap<string, DurationStatistics> {
    const found = new Map<string, DurationStatistics>();
    for (const id of jobIds) {
      const durations = this.#lastDurations(id);
      if (durations.length > 0) found.set(id, statisticsOf(durations));
    }
    return found;
  }

  #lastDurations(jobId: string): number[] {
    const durations: number[] = [];
    for (const { state, durationMs } of this.#newestOfJob(jobId)) {
      if ((state === "executed" || state === "error") && durationMs !== null) durations.push(durationMs);
      if (durations.length === DURATIONS_OF) break;
    }
    return durations;
  }

  active(jobIds: readonly string[]): ReadonlyMap<string, number> {
    const found = new Map<string, number>();
    for (const id of jobIds) {
      const running = this.#pasts.get(id)?.running ?? 0;
      if (running > 0) found.set(id, running);
    }
    return found;
  }

  deleteBefore(beforeMs: number, limit: number): number {
    let removed = 0;
    let row = this.#oldest;
    while (row !== undefined && removed < limit) {
      const { newer } = row;
      if (row.isFinal && row.submittedAt < beforeMs) {
        this.#forget(row);
        removed++;
      }
      row = newer;
    }
    return removed;
  }

  *#newestFirst(): Generator<ExecutionRow> {
    for (let row = this.#newest; row !== undefined; row = row.older) yield row;
  }

  *#newestOfJob(jobId: string): Generator<ExecutionRow> {
    for (let row = this.#pasts.get(jobId)?.newest; row !== undefined; row = row.olderOfJob) yield row;
  }
}
