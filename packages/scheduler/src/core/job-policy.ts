import { nearestName } from "../options/nearest-name.js";
import { checkName, checkNumbers, checkOneOf } from "./check-value.js";
import { JobSpecError } from "./errors.js";
import type { JobRecord, Retries } from "./job-record.js";
import { type Json, plainJson } from "./json.js";
import { checkKnown, type OptionNames } from "./known-options.js";
import { type Ack, OVERLAPS, type Overlap } from "./task.js";

/** Options of jobs that a scheduler's `jobDefaults` may set. */
export interface JobDefaults {
  /** Alias of the executor that runs the job. Default "default". */
  readonly executor?: string;
  /** Run that stands for several missed ones: the last for true and "latest"; false runs them all. Default true. */
  readonly coalesce?: boolean | "latest" | "earliest";
  /** Maximum number of instances at once, over all processes. Default 1. */
  readonly maxInstances?: number;
  /** Rule for a run that finds `maxInstances` running: skipped, queued, or queued with a request to end what runs. Default "skip". */
  readonly overlap?: Overlap;
  /** Seconds that a run may start late; null for always. Default 60 (APScheduler's is 1). */
  readonly misfireGraceTime?: number | null;
  /** Time after which a run's signal is aborted, ms; null for none. Default null. */
  readonly timeoutMs?: number | null;
  /** Retries after a failure; null for none. Default null; `delayMs` 1,000, `backoff` "exponential", `maxDelayMs` 60,000. */
  readonly retries?: {
    readonly max: number;
    readonly delayMs?: number;
    readonly backoff?: "fixed" | "exponential";
    readonly maxDelayMs?: number;
  } | null;
  /** Delivery: "early" starts each run at most once, "late" at least once. Default "early". */
  readonly ack?: Ack;
  /** Starts of a run with `ack: "late"` before it is given up. Default 5. */
  readonly maxDeliveries?: number;
}

/** Options of a job that can be set and changed at any time. */
export interface JobPolicy extends JobDefaults {
  /** Text for listings and logs. Default the task's name. */
  readonly name?: string;
  /** Arguments of the task after its context. */
  readonly args?: readonly Json[];
  /** Object that follows `args`. */
  readonly kwargs?: Json;
  /**
   * Number of started runs, over all processes, after which the job ends. Misfires, runs that `maxInstances` left out,
   * retries and `runNow` do not count. Null (default) is no limit.
   */
  readonly maxRuns?: number | null;
  /**
   * Seconds: the job runs later than its trigger says by a part of them that its id decides, always the same. Spreads jobs
   * that share a time; `endDate` counts before the offset. Null (default) is none.
   */
  readonly randomizedOffset?: number | null;
  /** Labels by which jobs are listed. */
  readonly tags?: readonly string[];
}

export const DEFAULTS_NAMES: OptionNames<JobDefaults> = {
  executor: true,
  coalesce: true,
  maxInstances: true,
  overlap: true,
  misfireGraceTime: true,
  timeoutMs: true,
  retries: true,
  ack: true,
  maxDeliveries: true,
};
export const POLICY_NAMES: OptionNames<JobPolicy> = {
  name: true,
  args: true,
  kwargs: true,
  ...DEFAULTS_NAMES,
  maxRuns: true,
  randomizedOffset: true,
  tags: true,
};

/** Policy whose values stand in the record as they are; `maxRuns` and `randomizedOffset` do not. */
type RecordPolicy = Omit<JobPolicy, "maxRuns" | "randomizedOffset">;
type CompletePolicy = Required<Omit<RecordPolicy, "kwargs">> & { kwargs?: Json | undefined };

/** Throws on a default that no job has. */
export function checkDefaults(defaults: JobDefaults): void {
  checkKnown<JobDefaults>(defaults, DEFAULTS_NAMES, "jobDefaults", (field, reason) =>
    jobSpecError(`jobDefaults.${field}`, reason),
  );
  if (defaults.overlap !== undefined) checkedOverlap(defaults.overlap, "jobDefaults.overlap");
}

/** Returns a complete policy as it stands in the record. Throws a JobSpecError that names the option. */
export function checkedPolicy(policy: CompletePolicy): Pick<JobRecord, keyof RecordPolicy> {
  const { name, args, kwargs, executor, coalesce, maxInstances, misfireGraceTime, timeoutMs, retries, ack } = policy;
  if (!Array.isArray(args)) throw new JobSpecError("args", "must be an array");
  if (![true, false, "latest", "earliest"].includes(coalesce)) {
    throw new JobSpecError("coalesce", 'must be true, false, "latest" or "earliest"');
  }
  if (ack !== "early" && ack !== "late") throw new JobSpecError("ack", 'must be "early" or "late"');
  if (misfireGraceTime !== null && !(typeof misfireGraceTime === "number" && misfireGraceTime > 0)) {
    const reason = `must be a number of seconds above 0, or null for always, is ${String(misfireGraceTime)}`;
    throw new JobSpecError("misfireGraceTime", reason);
  }
  if (timeoutMs !== null) checkedCount("timeoutMs", timeoutMs);
  checkName("executor", executor, jobSpecError);
  if (!Array.isArray(policy.tags) || policy.tags.some((tag) => typeof tag !== "string")) {
    throw new JobSpecError("tags", "must be an array of texts");
  }
  return {
    name: String(name),
    args: args.length === 0 ? args : (plainJson(args, "args", notJson) as readonly Json[]),
    kwargs: kwargs === undefined ? undefined : plainJson(kwargs, "kwargs", notJson),
    executor,
    coalesce: coalesce === true ? "latest" : coalesce,
    maxInstances: checkedCount("maxInstances", maxInstances),
    overlap: checkedOverlap(policy.overlap),
    misfireGraceTime,
    timeoutMs,
    retries: retries === null ? null : checkedRetries(retries),
    ack,
    maxDeliveries: checkedCount("maxDeliveries", policy.maxDeliveries),
    tags: policy.tags,
  };
}

/** Returns a known overlap rule. Throws a JobSpecError with the nearest one. */
export function checkedOverlap(overlap: unknown, field = "overlap"): Overlap {
  const known = OVERLAPS.find((name) => name === overlap);
  if (known !== undefined) return known;
  const [near] = typeof overlap === "string" ? [nearestName(overlap, OVERLAPS)] : [];
  const right = near === undefined ? `must be ${OVERLAPS.map((name) => `"${name}"`).join(" or ")}` : `write "${near}"`;
  throw new JobSpecError(field, `${right}, is ${JSON.stringify(overlap) ?? String(overlap)}`);
}

export function checkedCount(field: string, value: number): number {
  if (Number.isSafeInteger(value) && value >= 1) return value;
  throw new JobSpecError(field, `must be a whole number from 1, is ${String(value)}`);
}

export function jobSpecError(field: string, reason: string): JobSpecError {
  return new JobSpecError(field, reason);
}

function checkedRetries(retries: NonNullable<JobPolicy["retries"]>): Retries {
  checkKnown<Retries>(
    retries,
    { max: true, delayMs: true, backoff: true, maxDelayMs: true },
    "retries",
    (field, reason) => jobSpecError(`retries.${field}`, reason),
  );
  const { max, delayMs = 1_000, backoff = "exponential", maxDelayMs = 60_000 } = retries;
  checkedCount("retries.max", max);
  checkNumbers({ delayMs, maxDelayMs }, { delayMs: "amount", maxDelayMs: "amount" }, (field, reason) =>
    jobSpecError(`retries.${field}`, reason),
  );
  checkOneOf("retries.backoff", backoff, ["fixed", "exponential"], jobSpecError);
  return { max, delayMs, backoff, maxDelayMs };
}

function notJson(place: string, what: string): JobSpecError {
  return new JobSpecError(place, `${what.replace(/^an? /, "")} is not JSON and would change on its way`);
}
