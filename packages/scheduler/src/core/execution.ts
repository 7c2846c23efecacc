import type { Json } from "./json.js";

/** State of an execution: `queued` waits for a slot (see Overlap), `submitted` and `running` are under way, the others are final. */
export type ExecutionState =
  | "queued"
  | "submitted"
  | "running"
  | "executed"
  | "error"
  | "missed"
  | "max_instances"
  | "lost"
  | "cancelled";

/** State of an execution that has ended. */
export type FinalState = Exclude<ExecutionState, "queued" | "submitted" | "running">;

/** True for a state that does not change any more. */
export function isFinalState(state: string): boolean {
  return state !== "queued" && state !== "submitted" && state !== "running";
}

/** History of one run time of one job, which outlives the job. Times are epoch ms. */
export interface Execution {
  readonly id: string;
  readonly jobId: string;
  readonly jobName: string;
  /** Alias of the store, filled in by the scheduler. */
  readonly store?: string;
  readonly scheduledAt: number;
  readonly submittedAt: number;
  readonly startedAt: number | null;
  readonly finishedAt: number | null;
  /** Time from start to end, ms; null without one of them. */
  readonly durationMs: number | null;
  readonly state: ExecutionState;
  /** Id of the scheduler that ran it last. */
  readonly owner: string;
  readonly attempt: number;
  readonly result: Json | null;
  /** Message of the error, at most 2,000 characters. */
  readonly error: string | null;
  /** Stack of the error, at most 8,000 characters. */
  readonly stack: string | null;
}

/** Filter and page of a listing of executions, newest submission first. */
export interface ExecutionQuery {
  readonly jobId?: string;
  readonly states?: readonly ExecutionState[];
  /** Submitted at or after / before, epoch ms. */
  readonly from?: number;
  readonly to?: number;
  readonly limit?: number;
  readonly cursor?: string;
}

/** Page of executions. */
export interface ExecutionPage {
  readonly executions: readonly Execution[];
  /** Cursor of the next page; undefined at the end. */
  readonly cursor?: string;
}

/** Statistics of the durations of a job's last runs (at most 100), ms. */
export interface DurationStatistics {
  readonly runs: number;
  readonly averageMs: number;
  readonly p95Ms: number;
}
