/** Error for an id that no job has. */
export class JobNotFoundError extends Error {
  override readonly name = "JobNotFoundError";
  constructor(readonly jobId: string) {
    super(`No job by the id of ${jobId} was found`);
  }
}

/** Error for an id that is in use, with `onConflict: "error"`. */
export class ConflictingIdError extends Error {
  override readonly name = "ConflictingIdError";
  constructor(readonly jobId: string) {
    const advice = 'a job declared at each start takes onConflict: "keep" or "replace"';
    super(`Job identifier (${jobId}) conflicts with an existing job; ${advice}`);
  }
}

/** Error for a run by hand of a job with `maxInstances` running instances. */
export class MaxInstancesError extends Error {
  override readonly name = "MaxInstancesError";
  constructor(
    readonly jobId: string,
    readonly maxInstances: number,
  ) {
    super(`Job ${jobId} has already reached its maximum number of instances (${maxInstances})`);
  }
}

/** Error for a job whose task is not registered in this process. */
export class TaskNotFoundError extends Error {
  override readonly name = "TaskNotFoundError";
  constructor(readonly task: string) {
    super(`func: no task is registered as "${task}"; registerTask("${task}", …) first`);
  }
}

/** Error for a call that the scheduler's state does not allow, such as a second start. */
export class SchedulerStateError extends Error {
  override readonly name = "SchedulerStateError";
}

/** Error for an impossible attribute of a job; the message begins with the attribute's name. */
export class JobSpecError extends TypeError {
  override readonly name = "JobSpecError";
  constructor(
    readonly field: string,
    reason: string,
  ) {
    super(`${field}: ${reason}`);
  }
}

/** Error for a change that other writers prevented in every try; nothing was written. */
export class JobBusyError extends Error {
  override readonly name = "JobBusyError";
  constructor(readonly jobId: string) {
    super(`Job ${jobId} is being changed by others; nothing was changed, try again`);
  }
}

/** Reason of a signal that is aborted after `timeoutMs`. */
export class RunTimeoutError extends Error {
  override readonly name = "RunTimeoutError";
  constructor(readonly timeoutMs: number) {
    super(`timed out after ${timeoutMs} ms`);
  }
}

/** Reason of a signal that is aborted by a cancellation, a lost lease or a shutdown. */
export class RunAbortedError extends Error {
  override readonly name = "RunAbortedError";
  constructor(override readonly cause: "cancelled" | "lease lost" | "shutdown") {
    super(cause);
  }
}
