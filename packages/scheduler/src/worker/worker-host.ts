import type { Clock } from "../core/clock.js";
import type { Events } from "../core/events.js";
import type { Executor, Logger } from "../core/executor.js";
import type { Ack, JobRecord } from "../core/job-record.js";
import type { SchedulerNode } from "../core/job-store.js";
import type { TaskFunction } from "../core/task.js";
import type { Random } from "../triggers/trigger.js";

/** What a session uses of its scheduler. */
export interface SessionHost {
  readonly id: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly verbose: boolean;
  readonly timezone: string;
  readonly events: Events;
  /** Of shared stores. */
  readonly leaseMs: number;
  readonly pollMs: number;
  readonly node: () => Pick<SchedulerNode, "host" | "pid" | "startedAt" | "state" | "offers" | "declares">;
  readonly paused: () => boolean;
  readonly executor: (alias: string) => Executor | undefined;
  readonly executors: () => Iterable<[string, Executor]>;
  readonly task: (name: string) => TaskFunction | undefined;
  /** The tasks that have a function here, and all that are registered. */
  readonly localTasks: () => readonly string[];
  /** The job with the settings that it leaves to its task. */
  readonly settled: (job: JobRecord) => JobRecord;
  readonly taskAcks: () => ReadonlyMap<string, Ack>;
  readonly taskNames: () => readonly string[];
  readonly newId: () => string;
}
