import type { BoundTask } from "./bound-task.js";
import type { TaskDefinition } from "./definition.js";

/** Task as a worker runs it. */
export interface RegisteredTask {
  readonly name: string;
  readonly definition: TaskDefinition;
  readonly body: (self: BoundTask, args: readonly unknown[]) => unknown;
}

/** Tasks of an app by their names. */
export type TaskRegistry = ReadonlyMap<string, RegisteredTask>;
