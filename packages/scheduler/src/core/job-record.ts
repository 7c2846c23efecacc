import { isOwnZone, withZones, Zone, zoneSource } from "../time/zone.js";
import { standingOf, zonesUnder } from "../time/zone-rules.js";
import type { Trigger, TriggerState } from "../triggers/trigger.js";
import { triggerFromJSON } from "../triggers/trigger-from-json.js";
import { zonesOf } from "../triggers/zones-of.js";
import { thrownMessage } from "./describe-thrown.js";
import type { Json } from "./json.js";
import type { TaskFunction } from "./task.js";

/** Which of the missed run times one run stands for; false runs them all, one after the other. */
export type Coalesce = "latest" | "earliest" | false;

/** What happens to an execution whose process died: `early` never starts again, `late` is taken over by another scheduler. */
export type Ack = "early" | "late";

/**
 * The run of a trigger that comes while as many run as `maxInstances` allows: it is skipped; or one waits, the latest, and
 * starts when there is a place; or it waits and the run that began first is asked to end. Temporal's words.
 */
export type Overlap = "skip" | "queue-one" | "cancel-other";

export const OVERLAPS: readonly Overlap[] = ["skip", "queue-one", "cancel-other"];

/** Retries after a failure that was seen. The wait before retry n is `delayMs`, or `delayMs · 2^(n-1)` up to `maxDelayMs`. */
export interface Retries {
  readonly max: number;
  readonly delayMs: number;
  readonly backoff: "fixed" | "exponential";
  readonly maxDelayMs: number;
}

/** Settings of runs that a task declares. */
export type TaskSetting = "ack" | "timeoutMs" | "overlap";

/** A job as stores keep it. Shared stores keep it as JSON through `encodeJob`; `nextRunMs` and `version` they keep beside it. */
export interface JobRecord {
  readonly id: string;
  readonly name: string;
  /** The task's name; a store inside this process may hold the function itself. */
  readonly func: string | TaskFunction;
  readonly args: readonly Json[];
  /** One object given to the task after `args`, or undefined. */
  readonly kwargs: Json | undefined;
  readonly trigger: Trigger;
  readonly executor: string;
  readonly coalesce: Coalesce;
  readonly maxInstances: number;
  readonly overlap: Overlap;
  /** Seconds a run may start late; null when it always may. */
  readonly misfireGraceTime: number | null;
  readonly timeoutMs: number | null;
  readonly retries: Retries | null;
  readonly ack: Ack;
  /** How often a run that takes its process with it is started before it is given up (`ack: "late"`). */
  readonly maxDeliveries: number;
  readonly tags: readonly string[];
  /** Runs after which the job ends, and those it has had: only a job with `maxRuns` counts them. */
  readonly maxRuns?: number | undefined;
  readonly runCount?: number | undefined;
  /** Of the job of an instance: when its misfires were judged, if not at the start of each run. */
  readonly misfiresJudgedMs?: number | undefined;
  /** Settings that nothing was said about where the task was not registered: the task's own count when it runs. */
  readonly fromTask?: readonly TaskSetting[] | undefined;
  /** Tells a job from an earlier one of the same id: (id, incarnation, run time) is executed once. */
  readonly incarnation: string;
  /** The rules of the trigger's time zones under which the next run was computed; undefined when it depends on none. */
  readonly zoneRules?: string | undefined;
  readonly createdMs: number;
  /** Set by a pause: when it ends by itself, and why it was made. They count while that moment is to come, or there is no next run. */
  readonly pausedUntilMs?: number | undefined;
  readonly pauseNote?: string | undefined;
  /** Seconds over which jobs are spread; the offset of this one is part of its trigger. */
  readonly randomizedOffset?: number | undefined;
  /** When it runs next, epoch ms; null while it is paused. */
  readonly nextRunMs: number | null;
  /** Grows with every change and every claim: the fencing token of both. */
  readonly version: number;
}

/**
 * The job as JSON, without `nextRunMs` and `version`, which change with every run. Runs that are counted stand at the
 * beginning, where stores count on: `{"v":2,"runCount":3,"maxRuns":10,…`. Such a job is of format 2, because schedulers
 * of earlier versions would not count.
 */
export function encodeJob(job: JobRecord): string {
  const { nextRunMs: _next, version: _version, maxRuns, runCount = 0, ...rest } = job;
  return JSON.stringify(maxRuns === undefined ? { v: 1, ...rest } : { v: 2, runCount, maxRuns, ...rest });
}

/** The job of a run that waits for a place: waiting makes it no misfire. */
export function waitingJob(job: JobRecord): JobRecord {
  return { ...job, misfireGraceTime: null };
}

/** The newest format that is read. */
const FORMAT = 2;

/** The job is of a later version of this library, whose schedulers can read it. */
export class NewerFormatError extends SyntaxError {
  override readonly name = "NewerFormatError";
}

/** The job that `encodeJob` wrote, with what the store kept beside it. Throws a SyntaxError that says why it cannot be read. */
export function decodeJob(text: string, nextRunMs: number | null, version: number): JobRecord {
  const { v, kwargs, trigger, overlap = "skip", ...rest } = parsed(text);
  if (!(v >= 1)) throw new SyntaxError(`job "${rest.id}": no format is given`);
  if (v > FORMAT) throw new NewerFormatError(`job "${rest.id}": format ${v} is newer than this library reads`);
  if (rest.maxRuns !== undefined && !(isCount(rest.maxRuns) && isCount(rest.runCount)))
    throw new SyntaxError(`job "${rest.id}": maxRuns cannot be ${JSON.stringify(rest.maxRuns)}`);
  // The first versions wrote none. A rule of a version to come is no reason to leave the job alone.
  const known = OVERLAPS.includes(overlap) ? overlap : "skip";
  const wrong = Object.entries(SHAPE).find(([name, isRight]) => !isRight(rest[name as keyof typeof SHAPE]));
  if (wrong !== undefined)
    throw new SyntaxError(`job "${rest.id}": ${wrong[0]} cannot be ${JSON.stringify(rest[wrong[0] as "id"])}`);
  return { ...rest, overlap: known, kwargs, trigger: readTrigger(trigger, rest), nextRunMs, version };
}

/** As `decodeJob`, of a row that a store keeps under an id. */
export function decodeJobOf(id: string, text: string, nextRunMs: number | null, version: number): JobRecord {
  const job = decodeJob(text, nextRunMs, version);
  if (job.id !== id) throw new SyntaxError(`job "${id}": says that it is job ${JSON.stringify(job.id)}`);
  return job;
}

function parsed(text: string): Omit<JobRecord, "trigger"> & { v: number; trigger: TriggerState } {
  const value: unknown = JSON.parse(text);
  if (typeof value !== "object" || value === null) throw new SyntaxError("it is no object");
  return value as ReturnType<typeof parsed>;
}

const isText = (value: unknown) => typeof value === "string";
const isCount = (value: unknown) => Number.isSafeInteger(value);

/** Fields that a scheduler reads before the task is called: a row without them must not fail its batch. */
const SHAPE = {
  id: isText,
  name: isText,
  func: isText,
  args: Array.isArray,
  executor: isText,
  maxInstances: isCount,
  maxDeliveries: isCount,
  incarnation: isText,
  ack: (value: unknown) => value === "early" || value === "late",
  tags: Array.isArray,
} as const;

function readTrigger(state: TriggerState, { zoneRules }: Pick<JobRecord, "zoneRules">): Trigger {
  try {
    return revived(state, zoneRules);
  } catch (error) {
    throw new SyntaxError(`trigger: ${thrownMessage(error)}`, { cause: error });
  }
}

/** Live triggers by their JSON: thousands of jobs share a few, and a cron's tables are worth making once. */
const live = new Map<string, Trigger>();
const LIVE_MAX = 1_000;
let liveUnder = zoneSource();

function revived(state: TriggerState, zoneRules: string | undefined): Trigger {
  const newer = zoneRules !== undefined && standingOf(zoneRules, Date.now()) === "newer" ? zoneRules : undefined;
  if (newer === undefined && (state.kind === "date" || state.kind === "interval")) return read(state, NO_ZONES);
  const key = JSON.stringify(newer === undefined ? state : [newer, state]);
  if (liveUnder !== zoneSource()) {
    live.clear();
    liveUnder = zoneSource();
  }
  let trigger = live.get(key);
  if (trigger === undefined) {
    if (live.size >= LIVE_MAX) live.clear();
    trigger = read(state, newer === undefined ? NO_ZONES : zonesUnder(newer));
    live.set(key, trigger);
  }
  return trigger;
}

/** A zone that this process does not know may stand at a trigger whose run times do not depend on it. */
function read(state: TriggerState, zones: ReadonlyMap<string, Zone>): Trigger {
  const ruling = zonesOf(state);
  const idle = zoneNames(state).filter((name) => !zones.has(name) && !ruling.includes(name) && !isOwnZone(name));
  const all = idle.length === 0 ? zones : new Map([...zones, ...idle.map((name) => [name, utcAs(name)] as const)]);
  return withZones(all, () => triggerFromJSON(state));
}

function zoneNames({ timezone, triggers = [] }: TriggerState): string[] {
  const inside = (triggers as TriggerState[]).flatMap(zoneNames);
  return typeof timezone === "string" ? [timezone, ...inside] : inside;
}

function utcAs(name: string): Zone {
  return new Zone(name, () => 0, true);
}

const NO_ZONES: ReadonlyMap<string, Zone> = new Map();
