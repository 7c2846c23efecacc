import type { Writable } from "node:stream";
import type { ExecutionQuery } from "./execution.js";
import type { OptionNames } from "./known-options.js";

/** Options of `start`. */
export interface StartOptions {
  /** Claims nothing until `resume`. */
  readonly paused?: boolean;
}

/** Options of `shutdown`. */
export interface ShutdownOptions {
  /** Lets what runs finish. Default true. */
  readonly wait?: boolean;
  /** Default 30,000. */
  readonly timeoutMs?: number;
}

/** Options of `printJobs`. */
export interface PrintJobsOptions {
  readonly store?: string;
  /** Default stdout. */
  readonly out?: Pick<Writable, "write">;
}

export interface ExecutionListQuery extends ExecutionQuery {
  readonly store?: string;
}

/** Options of `removeJobStore`. */
export interface RemoveStoreOptions {
  /** Closes the store. Default true. */
  readonly shutdown?: boolean;
}

/** Options of `removeExecutor`. */
export interface RemoveExecutorOptions {
  /** Lets what runs finish. Default true. */
  readonly wait?: boolean;
}

export const START: OptionNames<StartOptions> = { paused: true };
export const SHUTDOWN: OptionNames<ShutdownOptions> = { wait: true, timeoutMs: true };
export const PRINT_JOBS: OptionNames<PrintJobsOptions> = { store: true, out: true };
export const REMOVE_STORE: OptionNames<RemoveStoreOptions> = { shutdown: true };
export const REMOVE_EXECUTOR: OptionNames<RemoveExecutorOptions> = { wait: true };
export const EXECUTIONS: OptionNames<ExecutionListQuery> = {
  store: true,
  jobId: true,
  states: true,
  from: true,
  to: true,
  limit: true,
  cursor: true,
};
