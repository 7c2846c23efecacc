import type { Writable } from "node:stream";
import type { DateInput } from "../time/parse.js";
import type { ExecutionQuery } from "./execution.js";
import type { OptionNames } from "./known-options.js";
import type { Overlap } from "./task.js";

/** Options of `start` and `run`. */
export interface StartOptions {
  /** Claims no jobs until `resume`. Default false. */
  readonly paused?: boolean;
}

/** Options of `shutdown`. */
export interface ShutdownOptions {
  /** Waits for running tasks to end. Default true. */
  readonly wait?: boolean;
  /** Longest wait, ms; the tasks that still run are aborted then. Default 30,000. */
  readonly timeoutMs?: number;
}

/** Options of `printJobs`. */
export interface PrintJobsOptions {
  /** Alias of one store. Default all. */
  readonly store?: string;
  /** Stream that the listing is written to. Default stdout. */
  readonly out?: Pick<Writable, "write">;
}

/** Filter and page of a listing of executions. */
export interface ExecutionListQuery extends ExecutionQuery {
  readonly store?: string;
}

/** Options of `removeStore`. */
export interface RemoveStoreOptions {
  /** Closes the store. Default true. */
  readonly shutdown?: boolean;
}

/** Options of `removeExecutor`. */
export interface RemoveExecutorOptions {
  /** Waits for running tasks to end. Default true. */
  readonly wait?: boolean;
}

/** Options of `runNow`. */
export interface RunNowOptions {
  /** Overlap rule of this run. Default the job's own. */
  readonly overlap?: Overlap;
}

/** Range of a `backfill`. */
export interface BackfillOptions {
  /** First moment of the range; text without an offset is local time in the scheduler's zone. */
  readonly from: DateInput;
  /** Last moment of the range, included. */
  readonly to: DateInput;
  /** States whose run times run again; without it each run time is started at most once (with `ack: "late"` at least once). */
  readonly again?: readonly ("lost" | "cancelled" | "error")[];
}

/** Result of a `backfill`. */
export interface Backfill {
  /** Runs in the order in which they start, one after the other. */
  readonly runs: readonly { readonly executionId: string; readonly scheduledAt: number }[];
  /** Number of run times in the range that the job has had already. */
  readonly leftOut: number;
}

export const START: OptionNames<StartOptions> = { paused: true };
export const SHUTDOWN: OptionNames<ShutdownOptions> = { wait: true, timeoutMs: true };
export const PRINT_JOBS: OptionNames<PrintJobsOptions> = { store: true, out: true };
export const REMOVE_STORE: OptionNames<RemoveStoreOptions> = { shutdown: true };
export const REMOVE_EXECUTOR: OptionNames<RemoveExecutorOptions> = { wait: true };
export const RUN_NOW: OptionNames<RunNowOptions> = { overlap: true };
export const BACKFILL: OptionNames<BackfillOptions> = { from: true, to: true, again: true };
export const EXECUTIONS: OptionNames<ExecutionListQuery> = {
  store: true,
  jobId: true,
  states: true,
  from: true,
  to: true,
  limit: true,
  cursor: true,
};
