import type { Json } from "@headline/scheduler";
import type { RemoteError } from "@headline/scheduler/kit";
import type { TaskState } from "./task-state.js";

/** State and outcome of a task, as stored. */
export interface StoredResult {
  readonly state: TaskState;
  readonly result: Json | undefined;
  readonly error: RemoteError | undefined;
}

/** Results of tasks, for callers. */
export interface Results {
  state(id: string): Promise<TaskState>;
  read(id: string): Promise<StoredResult>;
  /** Waits for the task's end and returns its outcome; throws a TaskTimeoutError after `timeoutMs`. */
  waitFor(id: string, timeoutMs: number, signal: AbortSignal | undefined): Promise<StoredResult>;
  /** Deletes the result; false when the task has not ended. */
  forget(id: string): Promise<boolean>;
}
