import type { Random } from "../triggers/trigger.js";
import { checkNumbers } from "./check-value.js";
import type { Clock } from "./clock.js";
import type { Executor } from "./executor.js";
import { checkDefaults, type JobDefaults } from "./job-spec.js";
import type { JobStore } from "./job-store.js";
import { checkKnown, type OptionNames } from "./known-options.js";
import type { Logger } from "./logger.js";

/** Options of a Scheduler. */
export interface SchedulerOptions {
  /** IANA name for triggers without one and for texts; the machine's own by default. */
  readonly timezone?: string;
  readonly stores?: Readonly<Record<string, JobStore>>;
  readonly executors?: Readonly<Record<string, Executor>>;
  readonly jobDefaults?: JobDefaults;
  /** Anything with debug, info, warn and error; pino for one. Warnings and errors go to stderr without it. */
  readonly logger?: Logger;
  /** How long shared stores lend jobs and runs; what a crash costs at most, plus a second. Default 10,000. */
  readonly leaseMs?: number;
  /** How often a shared store is asked when nothing is due; a missed wake-up costs that much. Default 1,000. */
  readonly pollMs?: number;
  /** Days that finished executions are kept. Default 7. */
  readonly historyDays?: number;
  readonly clock?: Clock;
  readonly random?: Random;
  /** True lets the process end although the scheduler waits. Ignored with a `clock` of your own. */
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

/** Throws on an option that there is not, and on a number that cannot be. */
export function checkSchedulerOptions(options: SchedulerOptions): void {
  checkKnown<SchedulerOptions>(options, NAMES, "Scheduler");
  checkNumbers<SchedulerOptions>(options, { leaseMs: "whole", pollMs: "whole", historyDays: "amount" });
  checkDefaults(options.jobDefaults ?? {});
}
