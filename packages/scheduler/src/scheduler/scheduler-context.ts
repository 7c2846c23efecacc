import type { Clock } from "../core/clock.js";
import type { Events } from "../core/events.js";
import type { Logger } from "../core/logger.js";
import type { Random } from "../triggers/trigger.js";
import type { ExecutorSet } from "./executor-set.js";
import type { JobHost } from "./job.js";
import type { PendingJobs } from "./pending-jobs.js";
import type { StoreSet } from "./store-set.js";
import type { TaskRegistry } from "./task-registry.js";

/** State and services of one scheduler that its job operations share. */
export interface SchedulerContext {
  readonly timezone: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly events: Events;
  readonly tasks: TaskRegistry;
  readonly executors: ExecutorSet;
  readonly stores: StoreSet;
  readonly pending: PendingJobs;
  /** Scheduler that Job objects pass their calls to. */
  readonly jobHost: JobHost;
  readonly newId: () => string;
  readonly isStopped: () => boolean;
}
