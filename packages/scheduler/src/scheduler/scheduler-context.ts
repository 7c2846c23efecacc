import type { Clock } from "../core/clock.js";
import type { Events } from "../core/events.js";
import type { Logger } from "../core/logger.js";
import type { Random } from "../triggers/trigger.js";
import type { ExecutorSet } from "./executor-set.js";
import type { JobKeeper } from "./job.js";
import type { PendingJobs } from "./pending-jobs.js";
import type { StoreSet } from "./store-set.js";
import type { TaskRegistry } from "./task-registry.js";

/** What the parts of one scheduler that deal with its jobs share. */
export interface SchedulerParts {
  readonly timezone: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly events: Events;
  readonly tasks: TaskRegistry;
  readonly executors: ExecutorSet;
  readonly stores: StoreSet;
  readonly pending: PendingJobs;
  /** Whom its jobs ask for changes. */
  readonly keeper: JobKeeper;
  readonly newId: () => string;
  readonly isStopped: () => boolean;
}
