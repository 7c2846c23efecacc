import { type RemoteError, reviveError } from "@headline/scheduler/kit";

/** Thrown by `get` when the task has not ended within `timeoutMs`. */
export class TaskTimeoutError extends Error {
  override readonly name = "TaskTimeoutError";
  constructor(
    readonly taskId: string,
    readonly timeoutMs: number,
  ) {
    super(`task ${taskId} has not ended within ${timeoutMs} ms`);
  }
}

/** Outcome of a task that was revoked, skipped, or expired before its start. */
export class TaskRevokedError extends Error {
  override readonly name = "TaskRevokedError";
}

/** Outcome of a task whose worker died, or was silent for longer than its lock. */
export class WorkerLostError extends Error {
  override readonly name = "WorkerLostError";
}

/** Outcome of a task that ran for longer than its `timeoutMs`. */
export class TimeLimitExceededError extends Error {
  override readonly name = "TimeLimitExceededError";
}

/** Reason of an abort at `softTimeoutMs`, and the outcome of a task that ended by it. */
export class SoftTimeLimitExceededError extends Error {
  override readonly name = "SoftTimeLimitExceededError";
}

/** Outcome of a task that asked for one retry more than `maxRetries`. */
export class MaxRetriesExceededError extends Error {
  override readonly name = "MaxRetriesExceededError";
}

/** Outcome of a task that no worker had registered within `unknownTaskMs`. */
export class NotRegisteredError extends Error {
  override readonly name = "NotRegisteredError";
}

/** Outcome of a chord's body when a task of its header failed or was revoked. */
export class ChordError extends Error {
  override readonly name = "ChordError";
}

/** Thrown by a call with an argument that is not JSON; the message names the argument. */
export class NotSendableError extends TypeError {
  override readonly name = "NotSendableError";
}

/** Thrown by a call that Redis did not acknowledge; sending it again with the same `taskId` is safe, should it have arrived. */
export class BrokerUnavailableError extends Error {
  override readonly name = "BrokerUnavailableError";
}

const OWN = [
  TaskRevokedError,
  WorkerLostError,
  TimeLimitExceededError,
  SoftTimeLimitExceededError,
  MaxRetriesExceededError,
  NotRegisteredError,
  ChordError,
];

/** Revives the error of a worker, in its own class where that is one of this package; `traceback` is the stack at the worker. */
export function reviveTaskError(remote: RemoteError): Error & { readonly traceback: string } {
  const Own = OWN.find(({ name }) => name === remote.name);
  const error = Own === undefined ? reviveError(remote) : Object.assign(new Own(remote.message), stackOf(remote));
  return Object.assign(error, { traceback: remote.stack ?? "" });
}

function stackOf({ stack }: RemoteError): { stack?: string } {
  return stack === undefined ? {} : { stack };
}
