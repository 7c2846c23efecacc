import type { Executor } from "../core/executor.js";
import type { ClaimLane } from "../core/job-store.js";
import type { WorkerHost } from "./worker-host.js";

/**
 * Returns a lane for each executor with capacity. A remote executor takes any registered task, another one the tasks with
 * a function in this process. An in-process store has no other scheduler for an unknown task: it is claimed, and fails by name.
 */
export function claimLanes(
  host: Pick<WorkerHost, "executors" | "localTasks" | "taskNames">,
  { most, isShared }: { readonly most: number; readonly isShared: boolean },
): ClaimLane[] {
  const lanes: ClaimLane[] = [];
  for (const [alias, executor] of host.executors()) {
    const room = Math.min(most, executor.capacity());
    if (room <= 0) continue;
    lanes.push({ executor: alias, room, ...(isShared ? { tasks: tasksOf(executor, host) } : {}) });
  }
  return lanes;
}

function tasksOf(executor: Executor, host: Pick<WorkerHost, "localTasks" | "taskNames">): readonly string[] {
  return executor.remote === true ? host.taskNames() : host.localTasks();
}
