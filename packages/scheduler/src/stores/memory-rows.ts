import { type Execution, type ExecutionState, isFinalState } from "../core/execution.js";
import type { JobRecord } from "../core/job-record.js";
import type { PlannedRun, Report } from "../core/job-store.js";
import type { Json } from "../core/json.js";

/** Instance under way. */
export interface Instance {
  readonly id: string;
  job: JobRecord;
  readonly past: JobPast;
  /** Sequence number of its opening. */
  readonly order: number;
  /** Unfinished executions, in the order in which they run. */
  rows: readonly ExecutionRow[];
  owner: string;
  token: number;
  leaseUntil: number;
  attempt: number;
  deliveries: number;
  released: boolean;
  /** True while it is leased by the scheduler that dispatched it. */
  isFirstHand: boolean;
  /** Executions that were asked to end. */
  cancel: Set<string> | undefined;
}

/** Runs of a job that the history knows, also of a removed job; forgotten with the last of its rows. */
export class JobPast {
  /** Instances under way. */
  running = 0;
  newest: ExecutionRow | undefined;

  constructor(readonly jobId: string) {}

  /** True when a claim dispatched that run time. Searches all rows of the job: for the rare time that is not simply a later one. */
  hasRun(incarnation: string, scheduledAt: number): boolean {
    for (let row = this.newest; row !== undefined; row = row.olderOfJob) {
      if (row.scheduledAt === scheduledAt && row.incarnation === incarnation) return true;
    }
    return false;
  }

  /** Returns the run times of a job with an execution in another state than those. */
  timesHad(incarnation: string, but: readonly ExecutionState[]): ReadonlySet<number> {
    const times = new Set<number>();
    for (let row = this.newest; row !== undefined; row = row.olderOfJob) {
      if (row.incarnation === incarnation && !but.includes(row.state)) times.add(row.scheduledAt);
    }
    return times;
  }

  /** Returns the latest run time that a claim dispatched; -Infinity when there is none. */
  lastRun(incarnation: string): number {
    let last = Number.NEGATIVE_INFINITY;
    for (let row = this.newest; row !== undefined; row = row.olderOfJob) {
      if (row.incarnation === incarnation) last = Math.max(last, row.scheduledAt);
    }
    return last;
  }
}

/** Mutable execution, linked to its neighbours so that it can be removed from anywhere in one step. */
export class ExecutionRow {
  startedAt: number | null = null;
  finishedAt: number | null = null;
  durationMs: number | null = null;
  attempt = 1;
  result: Json | null = null;
  error: string | null = null;
  stack: string | null = null;
  /** Token of the instance that this belonged to last; 0 when it belongs to none. */
  token = 0;
  /** Instance that this belongs to while it is under way. */
  instance: Instance | undefined;
  older: ExecutionRow | undefined;
  newer: ExecutionRow | undefined;
  olderOfJob: ExecutionRow | undefined;
  newerOfJob: ExecutionRow | undefined;
  isIndexed = false;
  /** Index in the ring of finished rows; -1 outside. */
  place = -1;

  constructor(
    readonly id: string,
    readonly past: JobPast,
    readonly jobName: string,
    readonly scheduledAt: number,
    readonly submittedAt: number,
    public state: ExecutionState,
    public owner: string,
    /** Incarnation of the job; empty for a run by hand, which may repeat a run time. */
    readonly incarnation: string,
    readonly order: number,
  ) {}

  get isFinal(): boolean {
    return isFinalState(this.state);
  }

  apply({ state, attempt, startedAt, finishedAt, result, error, stack }: Report): void {
    this.state = state;
    this.attempt = attempt;
    this.startedAt = startedAt;
    this.finishedAt = finishedAt;
    this.durationMs = startedAt !== null && finishedAt !== null ? finishedAt - startedAt : null;
    this.result = result;
    this.error = error;
    this.stack = stack;
  }

  /** Ends the execution for the store, and not for its owner. */
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
