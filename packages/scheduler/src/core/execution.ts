import type { Json } from "./json.js";

/** `queued` waits for a place (see Overlap), `submitted` and `running` are under way, the others are final. */
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

export type FinalState = Exclude<ExecutionState, "queued" | "submitted" | "running">;

/** True for an execution whose state does not change any more. */
export function isFinalState(state: string): boolean {
  return state !== "queued" && state !== "submitted" && state !== "running";
}

/** What happened to one run time of one job. It outlives the job. Times are epoch ms. */
export interface Execution {
  readonly id: string;
  readonly jobId: string;
  readonly jobName: string;
  /** The alias of the store, filled in by the scheduler. */
  readonly store?: string;
  readonly scheduledAt: number;
  readonly submittedAt: number;
  readonly startedAt: number | null;
  readonly finishedAt: number | null;
  /** finishedAt - startedAt, ms; null when it did not start or has not finished. */
  readonly durationMs: number | null;
  readonly state: ExecutionState;
  /** The scheduler that holds or held it. */
  readonly owner: string;
  readonly attempt: number;
  readonly result: Json | null;
  /** The error's message, cut at 2,000 characters. */
  readonly error: string | null;
  /** Its stack, cut at 8,000 characters. */
  readonly stack: string | null;
}

/** Which executions to list, newest submission first. */
export interface ExecutionQuery {
  readonly jobId?: string;
  readonly states?: readonly ExecutionState[];
  /** Submitted at or after / before, epoch ms. */
  readonly from?: number;
  readonly to?: number;
  readonly limit?: number;
  readonly cursor?: string;
}

/** Page of the history of runs. */
export interface ExecutionPage {
  readonly executions: readonly Execution[];
  /** Give it as `cursor` to go on; undefined at the end. */
  readonly cursor?: string;
}

/** Durations of a job's last runs (at most 100), ms. */
export interface DurationStatistics {
  readonly runs: number;
  readonly averageMs: number;
  readonly p95Ms: number;
}
