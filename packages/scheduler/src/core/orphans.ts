import type { JobRecord } from "./job-record.js";
import type { NodeCapabilities, SchedulerNode } from "./job-store.js";

/** Part of a job that no live scheduler has. */
export interface Missing {
  readonly missing: "task" | "executor";
  /** Name of the task, or alias of the executor. */
  readonly name: string;
}

/** Age of the last heartbeat of a live scheduler: three heartbeats of five seconds. */
const LIVE_MS = 15_000;

/** Returns the nodes that are alive and may run jobs. */
export function liveNodes(nodes: readonly SchedulerNode[], nowMs: number): readonly SchedulerNode[] {
  return nodes.filter(({ seenAt, state }) => state !== "stopping" && nowMs - seenAt <= LIVE_MS);
}

/** Returns the part of a job that no node has; undefined when a node can run it, or is of an earlier version that does not report that. */
export function missingOf(job: JobRecord, nodes: readonly Pick<SchedulerNode, "offers">[]): Missing | undefined {
  if (nodes.some(({ offers }) => offers === undefined || canRun(job, offers))) return undefined;
  const hasExecutor = nodes.some(({ offers }) => offers!.executors.includes(job.executor));
  return hasExecutor ? { missing: "task", name: taskName(job) } : { missing: "executor", name: job.executor };
}

function canRun({ func, executor }: JobRecord, offers: NodeCapabilities): boolean {
  if (offers.remoteExecutors.includes(executor))
    return typeof func !== "string" || offers.tasks.includes(func) || offers.remoteTasks.includes(func);
  return offers.executors.includes(executor) && (typeof func !== "string" || offers.tasks.includes(func));
}

function taskName({ func }: JobRecord): string {
  return typeof func === "string" ? func : func.name;
}
