import type { Executor } from "../core/executor.js";
import type { ClaimLane } from "../core/job-store.js";
import type { SessionHost } from "./worker-host.js";

/**
 * Lanes of the executors that have capacity: a remote one takes any registered task, another those with a function here.
 * A store of this process has nobody else to leave an unknown task to, so there it is claimed and fails by name.
 */
export function claimLanes(
  host: Pick<SessionHost, "executors" | "localTasks" | "taskNames">,
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

function tasksOf(executor: Executor, host: Pick<SessionHost, "localTasks" | "taskNames">): readonly string[] {
  return executor.remote === true ? host.taskNames() : host.localTasks();
}
