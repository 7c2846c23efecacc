import type { Random } from "../triggers/trigger.js";
import { checkNumbers } from "./check-value.js";
import type { Clock } from "./clock.js";
import type { Executor } from "./executor.js";
import { checkDefaults, type JobDefaults } from "./job-policy.js";
import type { JobStore } from "./job-store.js";
import { checkKnown, type OptionNames } from "./known-options.js";
import type { Logger } from "./logger.js";

/**
 * Options of a scheduler; each has a default.
 *
 * @example
 * ```ts
 * import { AsyncExecutor, MemoryJobStore, Scheduler, type SchedulerOptions } from "@headline/scheduler";
 *
 * const options: SchedulerOptions = {
 *   timezone: "Europe/Berlin",
 *   stores: { default: new MemoryJobStore() },
 *   executors: { default: new AsyncExecutor({ concurrency: 20 }) },
 *   jobDefaults: { coalesce: true, maxInstances: 3 },
 * };
 * const scheduler = new Scheduler(options);
 * console.log(scheduler.timezone); // Europe/Berlin
 * ```
 */
export interface SchedulerOptions {
  /** IANA name of the zone for triggers without one and for texts. Default the machine's zone. */
  readonly timezone?: string;
  /** Stores by alias. Default a MemoryJobStore as "default". */
  readonly stores?: Readonly<Record<string, JobStore>>;
  /** Executors by alias. Default an AsyncExecutor as "default". */
  readonly executors?: Readonly<Record<string, Executor>>;
  /** Options of jobs that do not set them. */
  readonly jobDefaults?: JobDefaults;
  /** Log sink, such as pino. Default: warnings and errors go to stderr. */
  readonly logger?: Logger;
  /** Lease of jobs and runs in shared stores, ms: the longest delay after a crash, plus a second. Default 10,000. */
  readonly leaseMs?: number;
  /** Longest time between two claims from a shared store, ms: the longest delay after a missed wake-up. Default 1,000. */
  readonly pollMs?: number;
  /** Days for which finished executions are kept. Default 7. */
  readonly historyDays?: number;
  /** Source of time. Default the machine's clock. */
  readonly clock?: Clock;
  /** Source of randomness, from 0 to below 1. Default Math.random. */
  readonly random?: Random;
  /** True lets the process end while the scheduler waits. Ignored with a `clock` of your own. */
  readonly unref?: boolean;
}

const NAMES: OptionNames<SchedulerOptions> = {
  timezone: true,
  stores: true,
  executors: true,
  jobDefaults: true,
  logger: true,
  leaseMs: true,
  pollMs: true,
  historyDays: true,
  clock: true,
  random: true,
  unref: true,
};

/** Throws on an unknown option and on an impossible number. */
export function checkSchedulerOptions(options: SchedulerOptions): void {
  checkKnown<SchedulerOptions>(options, NAMES, "Scheduler");
  checkNumbers<SchedulerOptions>(options, { leaseMs: "whole", pollMs: "whole", historyDays: "amount" });
  checkDefaults(options.jobDefaults ?? {});
}
