/** Delivery of an execution whose process died: `early` never starts again, `late` is reclaimed by another scheduler. */
export type Ack = "early" | "late";

/**
 * Rule for a trigger's run that comes while `maxInstances` are running: it is skipped; or the latest one waits and starts
 * when a slot is free; or it waits and the run that began first is asked to end. Temporal's words.
 */
export type Overlap = "skip" | "queue-one" | "cancel-other";

export const OVERLAPS: readonly Overlap[] = ["skip", "queue-one", "cancel-other"];

/** Context of a run: the first argument of its task. */
export interface RunContext {
  /** The same for every attempt of one (job, run time): the idempotency key of the task's effects. */
  readonly executionId: string;
  readonly jobId: string;
  readonly jobName: string;
  /** Moment at which the run was due, epoch ms. */
  readonly scheduledAt: number;
  /** Number of this start, from 1. */
  readonly attempt: number;
  /** Aborted at the timeout, when the lease is lost, when the run is cancelled, and at a shutdown that does not wait. */
  readonly signal: AbortSignal;
  readonly threadId: number;
}

/** Function of a task: it receives the context, the job's `args`, and its `kwargs` if it has any, and returns the result. */
// biome-ignore lint/suspicious/noExplicitAny: a task names the types of its own arguments
export type TaskFunction = (context: RunContext, ...args: any[]) => unknown;

/** Settings of a task's runs; a job's own settings take precedence. */
export interface TaskOptions {
  readonly ack?: Ack;
  readonly timeoutMs?: number;
  readonly overlap?: Overlap;
}
