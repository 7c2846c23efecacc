import { type RemoteError, reviveError } from "@headline/scheduler/kit";

/** `get` waited for `timeoutMs` and the task has not ended. */
export class TaskTimeoutError extends Error {
  override readonly name = "TaskTimeoutError";
  constructor(
    readonly taskId: string,
    readonly timeoutMs: number,
  ) {
    super(`task ${taskId} has not ended within ${timeoutMs} ms`);
  }
}

/** The task was revoked, or had expired before a worker came to it. */
export class TaskRevokedError extends Error {
  override readonly name = "TaskRevokedError";
}

/** The worker that ran the task died, or was silent for so long that it counts as dead. */
export class WorkerLostError extends Error {
  override readonly name = "WorkerLostError";
}

/** The task ran for longer than its `timeoutMs`. */
export class TimeLimitExceededError extends Error {
  override readonly name = "TimeLimitExceededError";
}

/** The task asked to be retried once more than it may. */
export class MaxRetriesExceededError extends Error {
  override readonly name = "MaxRetriesExceededError";
}

/** No task of that name is registered, here or at the worker that was to run it. */
export class NotRegisteredError extends Error {
  override readonly name = "NotRegisteredError";
}

/** Something that was to be sent is no JSON; the message names it. */
export class NotSendableError extends TypeError {
  override readonly name = "NotSendableError";
}

/** Redis did not take the task. It may have arrived all the same: sending it again under the same `taskId` is safe. */
export class BrokerUnavailableError extends Error {
  override readonly name = "BrokerUnavailableError";
}

const OWN = [TaskRevokedError, WorkerLostError, TimeLimitExceededError, MaxRetriesExceededError, NotRegisteredError];

/** The error as it was where it happened; ours are of their own classes again. `traceback` is the stack over there. */
export function reviveTaskError(remote: RemoteError): Error & { readonly traceback: string } {
  const Own = OWN.find(({ name }) => name === remote.name);
  const error = Own === undefined ? reviveError(remote) : Object.assign(new Own(remote.message), stackOf(remote));
  return Object.assign(error, { traceback: remote.stack ?? "" });
}

function stackOf({ stack }: RemoteError): { stack?: string } {
  return stack === undefined ? {} : { stack };
}
