import { mappedTask } from "./map-task.js";
import type { TaskRegistry } from "./task-registry.js";

/** Queue of the calls of some tasks. */
export interface TaskRoute {
  readonly queue: string;
}

/** Routes by the names of tasks; `*` stands for any part of a name. The first that fits counts. */
export type TaskRoutes = Readonly<Record<string, TaskRoute>>;

interface Routing {
  readonly tasks: TaskRegistry;
  readonly conf: { readonly defaultQueue: string; readonly taskRoutes: TaskRoutes };
}

/** Returns the queue of a call that names none: that of the task's definition, of its route, or the default. */
export function queueOfTask(task: string, kwargs: unknown, { tasks, conf }: Routing): string {
  const name = mappedTask(task, kwargs) ?? task;
  const routed = Object.entries(conf.taskRoutes).find(([pattern]) => fits(pattern, name))?.[1].queue;
  return tasks.get(name)?.definition.queue ?? routed ?? conf.defaultQueue;
}

function fits(pattern: string, name: string): boolean {
  const parts = pattern.split("*").map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`).test(name);
}
