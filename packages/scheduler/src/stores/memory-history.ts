import type { DurationStatistics, Execution, ExecutionPage, ExecutionQuery } from "../core/execution.js";
import type { ExecutionLog, PlannedRun } from "../core/job-store.js";
import { ExecutionRow, JobPast } from "./memory-rows.js";
import { statisticsOf } from "./statistics-of.js";

const DURATIONS_OF = 100;
const LIMIT_DEFAULT = 100;

/** Values of a new execution. */
export interface NewRow {
  readonly past: JobPast;
  readonly jobName: string;
  readonly nowMs: number;
  readonly state: "queued" | "submitted" | "max_instances";
  readonly owner: string;
  readonly incarnation: string;
}

/**
 * Execution log in memory: beyond `max` finished executions, those that finished first are forgotten. Only listing and
 * deleting take longer the more there are.
 */
export class MemoryHistory implements ExecutionLog {
  readonly #pasts = new Map<string, JobPast>();
  #newest: ExecutionRow | undefined;
  #oldest: ExecutionRow | undefined;
  #order = 0;
  /** Ring in the order of finishing; a deleted row leaves a hole, which is used when its turn comes. */
  readonly #finished: (ExecutionRow | undefined)[] = [];
  #nextPlace = 0;
  /** Filled when an id is looked up: a Map through which every execution passes keeps the collector busy. */
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

  /** Returns the runs of a job that is about to have some. */
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

  /** Removes a row from all lists and clears its links: old garbage that points at new objects keeps them alive. */
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

  countActive(jobIds: readonly string[]): ReadonlyMap<string, number> {
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
