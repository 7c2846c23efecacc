import { date } from "../triggers/date.js";
import { innermost } from "../triggers/innermost.js";
import type { Random, Trigger } from "../triggers/trigger.js";
import { checkText } from "./check-value.js";
import { JobSpecError } from "./errors.js";
import { checkedCount, checkedPolicy, type JobDefaults, type JobPolicy } from "./job-policy.js";
import type { JobRecord, TaskSetting } from "./job-record.js";
import { checkSpec, type JobSpec } from "./job-spec.js";
import { firstRunTime, liveTrigger, parseNextRunTime, withJobOffset } from "./job-trigger.js";
import type { Json } from "./json.js";
import type { Ack, Overlap, TaskFunction } from "./task.js";
import { zoneStamp } from "./zone-stamp.js";

/** Settings of the scheduler and of the task from which a new job is completed. */
export interface JobEnvironment {
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

/** Incarnation of jobs that are declared with an id and a fixed moment. */
export const ONCE = "once";

const NO_ARGS: readonly Json[] = Object.freeze([]);
const NO_TAGS: readonly string[] = Object.freeze([]);
const ID_MAX = 190;

/** Creates the record of a new job. Throws a JobSpecError that names the attribute. */
export function newJob(spec: JobSpec, environment: JobEnvironment): JobRecord {
  checkSpec(spec);
  const { timezone, nowMs } = environment;
  const id = checkedId(spec.id ?? environment.newId());
  const given = spec.trigger ?? onlyRun(spec, environment);
  const trigger = withJobOffset(liveTrigger(given ?? date(), timezone).anchored(nowMs), id, spec.randomizedOffset);
  return {
    id,
    func: checkedFunc(spec.func),
    trigger,
    nextRunMs: nextRunOf(spec, trigger, environment),
    ...checkedPolicy(completePolicy(spec, environment)),
    ...settingsOfTask(spec, environment),
    ...checkedLimit(spec.maxRuns),
    ...offsetOf(spec.randomizedOffset),
    incarnation: isDeclaredOnce(spec.id, given, trigger, timezone) ? ONCE : newIncarnation(environment),
    ...zoneStamp(trigger, nowMs),
    createdMs: nowMs,
    // Above any version of an earlier job of this id, so that claims of that one are no claims of this one.
    version: Math.floor(nowMs),
  };
}

function completePolicy(spec: JobSpec, environment: JobEnvironment): Parameters<typeof checkedPolicy>[0] {
  const { defaults, taskOverlap, taskTimeoutMs, taskAck } = environment;
  return {
    name: spec.name ?? (typeof spec.func === "string" ? spec.func : spec.func.name || "anonymous"),
    args: spec.args ?? NO_ARGS,
    kwargs: spec.kwargs,
    executor: spec.executor ?? defaults.executor ?? "default",
    coalesce: spec.coalesce ?? defaults.coalesce ?? true,
    maxInstances: spec.maxInstances ?? defaults.maxInstances ?? 1,
    overlap: spec.overlap ?? taskOverlap ?? defaults.overlap ?? "skip",
    misfireGraceTime: firstDefined(spec.misfireGraceTime, defaults.misfireGraceTime, 60),
    timeoutMs: firstDefined(spec.timeoutMs, taskTimeoutMs, defaults.timeoutMs, null),
    retries: firstDefined(spec.retries, defaults.retries, null),
    ack: spec.ack ?? taskAck ?? defaults.ack ?? "early",
    maxDeliveries: spec.maxDeliveries ?? defaults.maxDeliveries ?? 5,
    tags: spec.tags ?? NO_TAGS,
  };
}

function firstDefined<T>(...values: (T | undefined)[]): T {
  return values.find((value) => value !== undefined) as T;
}

function settingsOfTask(spec: JobSpec, { taskIsKnown = true }: JobEnvironment): Pick<JobRecord, "fromTask"> {
  if (taskIsKnown || typeof spec.func === "function") return {};
  return openSettings(["ack", "timeoutMs", "overlap"], spec);
}

/** Returns the settings that a policy leaves open, for the task to decide. */
export function openSettings(settings: readonly TaskSetting[], policy: JobPolicy): Pick<JobRecord, "fromTask"> {
  const open = settings.filter((name) => policy[name] === undefined);
  return open.length === 0 ? {} : { fromTask: open };
}

export function offsetOf(randomizedOffset: number | null | undefined): Pick<JobRecord, "randomizedOffset"> {
  return randomizedOffset === undefined || randomizedOffset === null ? {} : { randomizedOffset };
}

export function checkedLimit(
  maxRuns: number | null | undefined,
  runCount = 0,
): Pick<JobRecord, "maxRuns" | "runCount"> {
  return maxRuns === undefined || maxRuns === null ? {} : { maxRuns: checkedCount("maxRuns", maxRuns), runCount };
}

/** Returns the trigger of a job without one whose `nextRunTime` is its only run. */
function onlyRun({ nextRunTime }: JobSpec, environment: JobEnvironment): Trigger | undefined {
  if (nextRunTime === undefined || nextRunTime === null || nextRunTime === "now") return undefined;
  return date({ runAt: parseNextRunTime(nextRunTime, environment)! });
}

/**
 * True for a job with an id of its own and a fixed moment, which is the same job however often it is declared: its run
 * time, executed once, is not executed again while the history knows of it.
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

/** Distinguishes a job from others of the same id: the moment, and three random digits. Short, because there are many. */
function newIncarnation({ nowMs, random }: JobEnvironment): string {
  return Math.floor(nowMs).toString(36) + Math.floor(random() * 46_656).toString(36);
}

function nextRunOf(spec: JobSpec, trigger: Trigger, environment: JobEnvironment): number | null {
  const { nowMs, random } = environment;
  if (spec.nextRunTime !== undefined) return parseNextRunTime(spec.nextRunTime, environment);
  if (spec.runImmediately === true) return nowMs;
  const first = firstRunTime(trigger, nowMs, random);
  if (first === null && !hasEnded(trigger)) {
    const { warnings = [] } = trigger as Trigger & { warnings?: readonly string[] };
    const reasons = ["the job would never run", ...warnings];
    throw new JobSpecError("trigger", `${trigger} has no run time at all; ${reasons.join("; ")}`);
  }
  return first;
}

/** True for a trigger that had run times, or is bounded: a declaration whose end has passed is no mistake. */
function hasEnded(trigger: Trigger): boolean {
  return trigger.next(null, 0) !== null || /"(endDate|end_date|until)":/.test(JSON.stringify(trigger));
}

function checkedId(id: string): string {
  if (typeof id !== "string" || id === "") throw new JobSpecError("id", "must be a text that is not empty");
  checkText("id", id);
  if (id.length > ID_MAX) throw new JobSpecError("id", `must have at most ${ID_MAX} characters, has ${id.length}`);
  return id;
}

export function checkedFunc(func: string | TaskFunction): string | TaskFunction {
  if (typeof func === "function" || (typeof func === "string" && func !== "")) return func;
  throw new JobSpecError("func", "must be a task's name or a function");
}
