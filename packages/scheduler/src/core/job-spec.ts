import { type DateInput, parseInstant } from "../time/parse.js";
import { checkZones } from "../time/portable-zone.js";
import { date } from "../triggers/date.js";
import { innermost } from "../triggers/innermost.js";
import type { Random, Trigger, TriggerState } from "../triggers/trigger.js";
import { triggerFromJSON } from "../triggers/trigger-from-json.js";
import { triggerFromText } from "../triggers/trigger-from-text.js";
import { withTimezone } from "../triggers/with-timezone.js";
import { checkName, checkNumbers, checkOneOf, checkText } from "./check-value.js";
import { JobSpecError } from "./errors.js";
import { withJobOffset } from "./job-offset.js";
import { type Ack, type JobRecord, OVERLAPS, type Overlap, type Retries, type TaskSetting } from "./job-record.js";
import type { Json } from "./json.js";
import { plainJson } from "./json.js";
import { checkKnown, nearestName, type OptionNames } from "./known-options.js";
import { unpaused } from "./pause.js";
import { hasReachedLimit, limitReached, withinLimit } from "./run-limit.js";
import type { TaskFunction } from "./task.js";
import { zoneStamp } from "./zone-stamp.js";

/** A job as it is asked for. Everything but `func` has a default; `jobDefaults` of the scheduler come before these. */
export interface JobSpec extends JobPolicy {
  /** The name of a registered task; a function only for a store inside this process. */
  readonly func: string | TaskFunction;
  /** At most 190 characters; generated when it is left out. */
  readonly id?: string;
  /** A text is a crontab line, an interval (`every 5 minutes`) or a date. Without a trigger the job runs once, now. */
  readonly trigger?: Trigger | TriggerState | string;
  readonly store?: string;
  /**
   * When it runs first: a moment (in the past: a misfire), "now", or null to add it paused. By default the trigger says;
   * without a trigger this is the job's only run.
   */
  readonly nextRunTime?: DateInput | "now" | null;
  /** The same as `nextRunTime: "now"`. */
  readonly runImmediately?: boolean;
  /** `keep` updates what is said of the job but leaves its next run alone while the trigger is the same. Default "error". */
  readonly onConflict?: "error" | "replace" | "keep";
}

/** What may be said of a job at any time. */
export interface JobPolicy {
  readonly name?: string;
  readonly args?: readonly Json[];
  readonly kwargs?: Json;
  readonly executor?: string;
  /** Which of several missed runs one run stands for: true and "latest" the last, false runs them all. Default true. */
  readonly coalesce?: boolean | "latest" | "earliest";
  /** How many may run at once, over all processes. Default 1. */
  readonly maxInstances?: number;
  /** The run that comes while `maxInstances` are running: skipped, queued, or queued with a request to end what runs. Default "skip". */
  readonly overlap?: Overlap;
  /** Seconds a run may start late; null means always. Default 60 (APScheduler's is 1). */
  readonly misfireGraceTime?: number | null;
  readonly timeoutMs?: number | null;
  readonly retries?: {
    readonly max: number;
    readonly delayMs?: number;
    readonly backoff?: "fixed" | "exponential";
    readonly maxDelayMs?: number;
  } | null;
  readonly ack?: Ack;
  readonly maxDeliveries?: number;
  /**
   * The job ends when so many of its runs have started, over all processes. Misfires, runs that `maxInstances` left out,
   * retries and `runNow` do not count. Null (default) is no limit.
   */
  readonly maxRuns?: number | null;
  /**
   * Seconds: the job runs later than its trigger says by a part of them that its id decides, always the same. Spreads jobs
   * that share a time; `endDate` counts before the offset. Null (default) is none.
   */
  readonly randomizedOffset?: number | null;
  readonly tags?: readonly string[];
}

/** What `modify` may change: everything but the id. */
export interface JobPatch extends JobPolicy {
  readonly func?: string | TaskFunction;
  readonly trigger?: Trigger | TriggerState | string;
  readonly nextRunTime?: DateInput | "now" | null;
}

/** Options of jobs that do not have their own. */
export type JobDefaults = Pick<
  JobPolicy,
  | "executor"
  | "coalesce"
  | "maxInstances"
  | "overlap"
  | "misfireGraceTime"
  | "timeoutMs"
  | "retries"
  | "ack"
  | "maxDeliveries"
>;

export const STORE_DEFAULT = "default";
const NO_ARGS: readonly Json[] = Object.freeze([]);
const NO_TAGS: readonly string[] = Object.freeze([]);
const ID_MAX = 190;
/** The incarnation of jobs that are declared with an id and a moment. */
export const ONCE = "once";
const EARLIEST = -8.64e15;

const POLICY_NAMES: OptionNames<JobPolicy> = {
  name: true,
  args: true,
  kwargs: true,
  executor: true,
  coalesce: true,
  maxInstances: true,
  overlap: true,
  misfireGraceTime: true,
  timeoutMs: true,
  retries: true,
  ack: true,
  maxDeliveries: true,
  maxRuns: true,
  randomizedOffset: true,
  tags: true,
};
const PATCH_NAMES: OptionNames<JobPatch> = { func: true, trigger: true, nextRunTime: true, ...POLICY_NAMES };
const SPEC_NAMES: OptionNames<JobSpec> = {
  id: true,
  store: true,
  runImmediately: true,
  onConflict: true,
  ...PATCH_NAMES,
};
const DEFAULTS_NAMES: OptionNames<JobDefaults> = {
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

/** Throws on an option that no job has. */
export function checkSpec(spec: object, what = "a job"): void {
  checkKnown<JobSpec>(spec, SPEC_NAMES, what, jobSpecError);
  checkOneOf("onConflict", (spec as JobSpec).onConflict, ["error", "keep", "replace"], jobSpecError);
}

/** Throws on a default that no job has. */
export function checkDefaults(defaults: JobDefaults): void {
  checkKnown<JobDefaults>(defaults, DEFAULTS_NAMES, "jobDefaults", (field, reason) =>
    jobSpecError(`jobDefaults.${field}`, reason),
  );
  if (defaults.overlap !== undefined) checkedOverlap(defaults.overlap, "jobDefaults.overlap");
}

/** What a spec needs beside itself to become a record. */
export interface Surroundings {
  readonly defaults: JobDefaults;
  readonly timezone: string;
  readonly nowMs: number;
  readonly random: Random;
  readonly newId: () => string;
  readonly taskAck?: Ack | undefined;
  readonly taskTimeoutMs?: number | undefined;
  readonly taskOverlap?: Overlap | undefined;
  /** False where the task is not registered, so that its own settings are not known. */
  readonly taskIsKnown?: boolean;
}

/** The record of a new job. Throws a JobSpecError that names the attribute. */
export function toRecord(spec: JobSpec, around: Surroundings): JobRecord {
  checkSpec(spec);
  const id = checkedId(spec.id ?? around.newId());
  const given = spec.trigger ?? declaredMoment(spec, around);
  const bare = liveTrigger(given ?? date(), around.timezone).anchored(around.nowMs);
  const trigger = withJobOffset(bare, id, spec.randomizedOffset);
  const { defaults } = around;
  return {
    id,
    func: checkedFunc(spec.func),
    trigger,
    nextRunMs: firstRun(spec, trigger, around),
    ...checkedPolicy({
      name: spec.name ?? (typeof spec.func === "string" ? spec.func : spec.func.name || "anonymous"),
      args: spec.args ?? NO_ARGS,
      kwargs: spec.kwargs,
      executor: spec.executor ?? defaults.executor ?? "default",
      coalesce: spec.coalesce ?? defaults.coalesce ?? true,
      maxInstances: spec.maxInstances ?? defaults.maxInstances ?? 1,
      overlap: spec.overlap ?? around.taskOverlap ?? defaults.overlap ?? "skip",
      misfireGraceTime: firstDefined(spec.misfireGraceTime, defaults.misfireGraceTime, 60),
      timeoutMs: firstDefined(spec.timeoutMs, around.taskTimeoutMs, defaults.timeoutMs, null),
      retries: firstDefined(spec.retries, defaults.retries, null),
      ack: spec.ack ?? around.taskAck ?? defaults.ack ?? "early",
      maxDeliveries: spec.maxDeliveries ?? defaults.maxDeliveries ?? 5,
      tags: spec.tags ?? NO_TAGS,
    }),
    ...leftToTask(spec, around),
    ...checkedLimit(spec.maxRuns),
    ...offsetOf(spec.randomizedOffset),
    incarnation: isDeclaredOnce(spec.id, given, trigger, around.timezone) ? ONCE : incarnationOf(around),
    ...zoneStamp(trigger, around.nowMs),
    createdMs: around.nowMs,
    // Higher than any version of a job of this id that was there before: its claims must not pass for claims of this one.
    version: Math.floor(around.nowMs),
  };
}

/** The record with a patch applied. The trigger's change alone does not move the next run (`reschedule` does). */
export function patched(job: JobRecord, patch: JobPatch, around: Pick<Surroundings, "timezone" | "nowMs">): JobRecord {
  if ("id" in patch && (patch as { id?: unknown }).id !== job.id) throw new JobSpecError("id", "cannot be changed");
  const { id: _sameId, ...changes } = patch as JobPatch & { id?: string };
  checkKnown<JobPatch>(changes, PATCH_NAMES, "a change of a job", jobSpecError);
  const {
    trigger,
    nextRunTime,
    func,
    maxRuns = job.maxRuns,
    randomizedOffset = job.randomizedOffset,
    ...policy
  } = changes;
  const isMoved = nextRunTime !== undefined;
  const { fromTask = [], maxRuns: _before, randomizedOffset: _old, runCount, ...known } = isMoved ? unpaused(job) : job;
  const isNewTrigger = trigger !== undefined || randomizedOffset !== job.randomizedOffset;
  const bare = trigger === undefined ? job.trigger : liveTrigger(trigger, around.timezone).anchored(around.nowMs);
  const anchored = isNewTrigger ? withJobOffset(bare, job.id, randomizedOffset) : undefined;
  const limit = checkedLimit(maxRuns, runCount);
  if (nextRunTime !== undefined && nextRunTime !== null && hasReachedLimit(limit)) throw limitReached(limit);
  return withinLimit({
    ...known,
    ...withoutSettings(fromTask, policy),
    ...checkedPolicy({ ...job, ...withoutUndefined(policy) }),
    ...(func === undefined ? {} : { func: checkedFunc(func) }),
    ...(anchored === undefined ? {} : { trigger: anchored, ...zoneStamp(anchored, around.nowMs) }),
    ...(nextRunTime === undefined ? {} : { nextRunMs: moment(nextRunTime, around) }),
    ...limit,
    ...offsetOf(randomizedOffset),
  });
}

function offsetOf(randomizedOffset: number | null | undefined): Pick<JobRecord, "randomizedOffset"> {
  return randomizedOffset === undefined || randomizedOffset === null ? {} : { randomizedOffset };
}

function checkedLimit(maxRuns: number | null | undefined, runCount = 0): Pick<JobRecord, "maxRuns" | "runCount"> {
  return maxRuns === undefined || maxRuns === null ? {} : { maxRuns: checkedCount("maxRuns", maxRuns), runCount };
}

function leftToTask(spec: JobSpec, { taskIsKnown = true }: Surroundings): Pick<JobRecord, "fromTask"> {
  if (taskIsKnown || typeof spec.func === "function") return {};
  return withoutSettings(["ack", "timeoutMs", "overlap"], spec);
}

function withoutSettings(settings: readonly TaskSetting[], said: JobPolicy): Pick<JobRecord, "fromTask"> {
  const left = settings.filter((name) => said[name] === undefined);
  return left.length === 0 ? {} : { fromTask: left };
}

/** A `nextRunTime` without a trigger is the one moment of the job. */
function declaredMoment({ nextRunTime }: JobSpec, around: Surroundings): Trigger | undefined {
  if (nextRunTime === undefined || nextRunTime === null || nextRunTime === "now") return undefined;
  return date({ runAt: moment(nextRunTime, around)! });
}

/**
 * A job with an id of its own and a fixed moment is the same job however often it is declared: its run time, executed
 * once, is not executed again while the history knows of it.
 */
function isDeclaredOnce(
  id: string | undefined,
  given: JobSpec["trigger"],
  trigger: Trigger,
  timezone: string,
): boolean {
  if (id === undefined || given === undefined || innermost(trigger).kind !== "date") return false;
  return JSON.stringify(innermost(trigger)) === JSON.stringify(innermost(liveTrigger(given, timezone)));
}

/** Told apart from other jobs of the same id: the moment, and three digits of chance. Short, because there are many. */
function incarnationOf({ nowMs, random }: Surroundings): string {
  return Math.floor(nowMs).toString(36) + Math.floor(random() * 46_656).toString(36);
}

/** A live trigger in the scheduler's zone when it names none. */
export function liveTrigger(trigger: Trigger | TriggerState | string, timezone: string): Trigger {
  const live = withTimezone(triggerOf(trigger), timezone);
  checkZones(live.toJSON());
  return live;
}

function triggerOf(given: unknown): Trigger {
  if (typeof given === "string") return triggerFromText(given);
  if (typeof given === "object" && given !== null) {
    if ("next" in given) return given as Trigger;
    if ("kind" in given) return triggerFromJSON(given as TriggerState);
  }
  throw new JobSpecError(
    "trigger",
    'must be a trigger, such as interval({ minutes: 5 }), or a text, such as "*/5 * * * *"',
  );
}

/** The first run of a trigger that was anchored now; a date that has passed stays due, for misfire to judge. */
export function firstRunOf(trigger: Trigger, nowMs: number, random: Random): number | null {
  return trigger.next(null, innermost(trigger).kind === "date" ? EARLIEST : nowMs, random);
}

function firstRun(spec: JobSpec, trigger: Trigger, around: Surroundings): number | null {
  const { nowMs, random } = around;
  if (spec.nextRunTime !== undefined) return moment(spec.nextRunTime, around);
  if (spec.runImmediately === true) return nowMs;
  const first = firstRunOf(trigger, nowMs, random);
  if (first === null && !hasEnded(trigger)) {
    const { warnings = [] } = trigger as Trigger & { warnings?: readonly string[] };
    const reasons = ["the job would never run", ...warnings];
    throw new JobSpecError("trigger", `${trigger} has no run time at all; ${reasons.join("; ")}`);
  }
  return first;
}

/** True when a trigger had run times, or is bounded: a declaration that has had its day is no mistake. */
function hasEnded(trigger: Trigger): boolean {
  return trigger.next(null, 0) !== null || /"(endDate|end_date|until)":/.test(JSON.stringify(trigger));
}

function moment(
  value: DateInput | "now" | null,
  { nowMs, timezone }: Pick<Surroundings, "nowMs" | "timezone">,
): number | null {
  if (value === null) return null;
  if (value === "now") return nowMs;
  try {
    return parseInstant(value, timezone, "nextRunTime");
  } catch (error) {
    const reason = (error as Error).message.replace(/^nextRunTime: /, "");
    throw new JobSpecError("nextRunTime", `must be a valid Date, epoch ms, text, "now" or null: ${reason}`);
  }
}

function checkedId(id: string): string {
  if (typeof id !== "string" || id === "") throw new JobSpecError("id", "must be a text that is not empty");
  checkText("id", id);
  if (id.length > ID_MAX) throw new JobSpecError("id", `must have at most ${ID_MAX} characters, has ${id.length}`);
  return id;
}

function checkedFunc(func: string | TaskFunction): string | TaskFunction {
  if (typeof func === "function" || (typeof func === "string" && func !== "")) return func;
  throw new JobSpecError("func", "must be a task's name or a function");
}

type Policy = Required<Omit<JobPolicy, "kwargs" | "maxRuns" | "randomizedOffset">> & { kwargs?: Json | undefined };
type CheckedPolicy = Pick<
  JobRecord,
  | "name"
  | "args"
  | "kwargs"
  | "executor"
  | "coalesce"
  | "maxInstances"
  | "overlap"
  | "misfireGraceTime"
  | "timeoutMs"
  | "retries"
  | "ack"
  | "maxDeliveries"
  | "tags"
>;

function checkedPolicy(policy: Policy): CheckedPolicy {
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

/** The rule as it is written here. Throws a JobSpecError with the nearest one. */
export function checkedOverlap(overlap: unknown, field = "overlap"): Overlap {
  const known = OVERLAPS.find((name) => name === overlap);
  if (known !== undefined) return known;
  const [near] = typeof overlap === "string" ? [nearestName(overlap, OVERLAPS)] : [];
  const right = near === undefined ? `must be ${OVERLAPS.map((name) => `"${name}"`).join(" or ")}` : `write "${near}"`;
  throw new JobSpecError(field, `${right}, is ${JSON.stringify(overlap) ?? String(overlap)}`);
}

function jobSpecError(field: string, reason: string): JobSpecError {
  return new JobSpecError(field, reason);
}

function notJson(place: string, what: string): JobSpecError {
  return new JobSpecError(place, `${what.replace(/^an? /, "")} is not JSON and would change on its way`);
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

function checkedCount(field: string, value: number): number {
  if (Number.isSafeInteger(value) && value >= 1) return value;
  throw new JobSpecError(field, `must be a whole number from 1, is ${String(value)}`);
}

function firstDefined<T>(...values: (T | undefined)[]): T {
  return values.find((value) => value !== undefined) as T;
}

function withoutUndefined<T extends object>(object: T): T {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as T;
}
