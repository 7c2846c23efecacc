import type { Clock, Logger } from "@headline/scheduler";
import type { TaskRegistry } from "../core/task-registry.js";
import type { Connections } from "./connections.js";

/** Parts of an app that its workers share. */
export interface TaskWorkerParts {
  readonly connections: Connections;
  readonly tasks: TaskRegistry;
  readonly conf: { readonly defaultQueue: string };
  readonly clock: Clock;
  readonly logger: Logger;
  readonly random: () => number;
}
