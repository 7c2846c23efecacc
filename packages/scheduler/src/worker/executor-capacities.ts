import type { Executor } from "../core/executor.js";
import type { ExecutorCapacity } from "../core/job-store.js";
import type { WorkerHost } from "./worker-host.js";

/**
 * Returns each executor with capacity. A remote executor takes any registered task, another one the tasks with
 * a function in this process. An in-process store has no other scheduler for an unknown task: it is claimed, and fails by name.
 */
export function executorCapacities(
  host: Pick<WorkerHost, "executors" | "localTasks" | "taskNames">,
  { most, isShared }: { readonly most: number; readonly isShared: boolean },
): ExecutorCapacity[] {
  const executors: ExecutorCapacity[] = [];
  for (const [alias, executor] of host.executors()) {
    const capacity = Math.min(most, executor.capacity());
    if (capacity <= 0) continue;
    executors.push({ executor: alias, capacity, ...(isShared ? { tasks: tasksOf(executor, host) } : {}) });
  }
  return executors;
}

function tasksOf(executor: Executor, host: Pick<WorkerHost, "localTasks" | "taskNames">): readonly string[] {
  return executor.remote === true ? host.taskNames() : host.localTasks();
}
