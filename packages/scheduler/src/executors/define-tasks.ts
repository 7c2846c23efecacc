/** Context of a task in a worker thread. It has no signal: a thread is ended to stop its task. */
export interface ThreadContext {
  readonly executionId: string;
  readonly jobId: string;
  readonly jobName: string;
  readonly scheduledAt: number;
  readonly attempt: number;
  readonly threadId: number;
}

/** Task that runs in a thread. */
// biome-ignore lint/suspicious/noExplicitAny: a task names the types of its own arguments
export type ThreadTask = (context: ThreadContext, ...args: any[]) => unknown;

/**
 * Names the tasks of a file for `WorkerThreadExecutor`: `export default defineTasks({ "report.render": (context, n) => … })`.
 * Named exports do as well; this is for names with a dot in them, and for the types.
 */
export function defineTasks<Tasks extends Readonly<Record<string, ThreadTask>>>(tasks: Tasks): Tasks {
  return tasks;
}
