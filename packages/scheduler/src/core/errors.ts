/** There is no job of that id in that store. */
export class JobNotFoundError extends Error {
  override readonly name = "JobNotFoundError";
  constructor(readonly jobId: string) {
    super(`No job by the id of ${jobId} was found`);
  }
}

/** The store has a job of that id already, and `onConflict` is "error". */
export class ConflictingIdError extends Error {
  override readonly name = "ConflictingIdError";
  constructor(readonly jobId: string) {
    const advice = 'a job declared at each start takes onConflict: "keep" or "replace"';
    super(`Job identifier (${jobId}) conflicts with an existing job; ${advice}`);
  }
}

/** As many instances of the job are running as it allows; a run asked for by hand is refused. */
export class MaxInstancesError extends Error {
  override readonly name = "MaxInstancesError";
  constructor(
    readonly jobId: string,
    readonly maxInstances: number,
  ) {
    super(`Job ${jobId} has already reached its maximum number of instances (${maxInstances})`);
  }
}

/** The job names a task that nobody registered here. */
export class TaskNotFoundError extends Error {
  override readonly name = "TaskNotFoundError";
  constructor(readonly task: string) {
    super(`func: no task is registered as "${task}"; registerTask("${task}", …) first`);
  }
}

/** A call that the scheduler's state does not allow, such as starting it twice. */
export class SchedulerStateError extends Error {
  override readonly name = "SchedulerStateError";
}

/** A job's attribute that cannot be; the message begins with the attribute's name. */
export class JobSpecError extends TypeError {
  override readonly name = "JobSpecError";
  constructor(
    readonly field: string,
    reason: string,
  ) {
    super(`${field}: ${reason}`);
  }
}

/** The job changed under our hands again and again (or its store is that busy); nothing was written. */
export class JobBusyError extends Error {
  override readonly name = "JobBusyError";
  constructor(readonly jobId: string) {
    super(`Job ${jobId} is being changed by others; nothing was changed, try again`);
  }
}

/** The reason of a signal that is aborted because `timeoutMs` has passed. */
export class RunTimeoutError extends Error {
  override readonly name = "RunTimeoutError";
  constructor(readonly timeoutMs: number) {
    super(`timed out after ${timeoutMs} ms`);
  }
}

/** The reason of a signal that is aborted because somebody cancelled the run, the lease is lost, or the scheduler shuts down. */
export class RunAbortedError extends Error {
  override readonly name = "RunAbortedError";
  constructor(override readonly cause: "cancelled" | "lease lost" | "shutdown") {
    super(cause);
  }
}
