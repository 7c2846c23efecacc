import type { Clock } from "../core/clock.js";
import type { Events } from "../core/events.js";
import type { Executor } from "../core/executor.js";
import type { JobRecord } from "../core/job-record.js";
import type { SchedulerNode } from "../core/job-store.js";
import type { Logger } from "../core/logger.js";
import type { Ack, TaskFunction } from "../core/task.js";
import type { Random } from "../triggers/trigger.js";

/** Services of a scheduler that the workers of its stores use. */
export interface WorkerHost {
  readonly id: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly verbose: boolean;
  readonly timezone: string;
  readonly events: Events;
  /** Lease of claims and instances in shared stores. */
  readonly leaseMs: number;
  /** Longest time between two claims from a shared store. */
  readonly pollMs: number;
  readonly node: () => Pick<SchedulerNode, "host" | "pid" | "startedAt" | "state" | "offers" | "declares">;
  readonly paused: () => boolean;
  readonly executor: (alias: string) => Executor | undefined;
  readonly executors: () => Iterable<[string, Executor]>;
  readonly task: (name: string) => TaskFunction | undefined;
  /** Names of the tasks with a function in this process. */
  readonly localTasks: () => readonly string[];
  /** Names of all registered tasks. */
  readonly taskNames: () => readonly string[];
  readonly taskAcks: () => ReadonlyMap<string, Ack>;
  /** Returns the job with the settings that it leaves to its task. */
  readonly withTaskSettings: (job: JobRecord) => JobRecord;
  readonly newId: () => string;
}
