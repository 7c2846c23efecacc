import type { DateInput } from "../time/parse.js";
import type { Trigger, TriggerState } from "../triggers/trigger.js";
import { checkOneOf } from "./check-value.js";
import { type JobPolicy, jobSpecError, POLICY_NAMES } from "./job-policy.js";
import { checkKnown, type OptionNames } from "./known-options.js";
import type { TaskFunction } from "./task.js";

/**
 * Description of a job to add. Everything but `func` has a default; the scheduler's `jobDefaults` replace those.
 *
 * @example
 * ```ts
 * import { cron, type JobSpec, Scheduler } from "@headline/scheduler";
 *
 * const scheduler = new Scheduler({ timezone: "UTC" });
 * scheduler.registerTask("report", () => {});
 * const spec: JobSpec = { id: "report", func: "report", trigger: cron({ hour: 6 }), onConflict: "keep", timeoutMs: 60_000 };
 * console.log(String(await scheduler.addJob(spec))); // report (trigger: cron[hour='6'], pending)
 * ```
 */
export interface JobSpec extends JobPolicy {
  /** Name of a registered task; a function only in a store inside this process. */
  readonly func: string | TaskFunction;
  /** At most 190 characters; generated when it is left out. */
  readonly id?: string;
  /** A text is a crontab line, an interval (`every 5 minutes`) or a date. Without a trigger the job runs once, now. */
  readonly trigger?: Trigger | TriggerState | string;
  /** Alias of the store that keeps the job. Default "default". */
  readonly store?: string;
  /**
   * First run: a moment (in the past: a misfire), "now", or null to add the job paused. Default: the trigger's first run
   * time. Without a trigger this is the job's only run.
   */
  readonly nextRunTime?: DateInput | "now" | null;
  /** The same as `nextRunTime: "now"`. */
  readonly runImmediately?: boolean;
  /** Rule for an id that is in use. `keep` updates the job but leaves its next run alone while the trigger is the same. Default "error". */
  readonly onConflict?: "error" | "replace" | "keep";
}

/** Changes of a job, to any attribute but the id. */
export interface JobPatch extends JobPolicy {
  /** Name of a registered task; a function only in a store inside this process. */
  readonly func?: string | TaskFunction;
  /** New trigger; the next run stays, unlike with `reschedule`. */
  readonly trigger?: Trigger | TriggerState | string;
  /** Next run: a moment, "now", or null to pause the job. */
  readonly nextRunTime?: DateInput | "now" | null;
}

/** Alias of the store for jobs that name none. */
export const STORE_DEFAULT = "default";

const PATCH_NAMES: OptionNames<JobPatch> = { func: true, trigger: true, nextRunTime: true, ...POLICY_NAMES };
const SPEC_NAMES: OptionNames<JobSpec> = {
  id: true,
  store: true,
  runImmediately: true,
  onConflict: true,
  ...PATCH_NAMES,
};

/** Throws on an option that no job has. */
export function checkSpec(spec: object, what = "a job"): void {
  checkKnown<JobSpec>(spec, SPEC_NAMES, what, jobSpecError);
  checkOneOf("onConflict", (spec as JobSpec).onConflict, ["error", "keep", "replace"], jobSpecError);
}

/** Throws on an attribute that cannot be changed. */
export function checkPatch(patch: object): void {
  checkKnown<JobPatch>(patch, PATCH_NAMES, "a change of a job", jobSpecError);
}
