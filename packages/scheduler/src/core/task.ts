import type { Overlap } from "./job-record.js";

/** What a running task is told beside its arguments. */
export interface RunContext {
  /** The same for every attempt of one (job, run time): the idempotency key for what the task does to the world. */
  readonly executionId: string;
  readonly jobId: string;
  readonly jobName: string;
  /** When the run was due, epoch ms. */
  readonly scheduledAt: number;
  /** 1 for the first start. */
  readonly attempt: number;
  /** Aborted at the timeout, when the lease is lost, when the run is cancelled, and at a shutdown that does not wait. */
  readonly signal: AbortSignal;
  readonly threadId: number;
}

/** The work: the context, then the job's `args`, then its `kwargs` when it has any. What it returns is the result. */
// biome-ignore lint/suspicious/noExplicitAny: a task names the types of its own arguments
export type TaskFunction = (context: RunContext, ...args: any[]) => unknown;

/** How a task wants its runs handled; a job's own setting wins. */
export interface TaskOptions {
  readonly ack?: "early" | "late";
  readonly timeoutMs?: number;
  readonly overlap?: Overlap;
}
