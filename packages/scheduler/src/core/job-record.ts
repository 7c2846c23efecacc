import { isOwnZone, withZones, Zone, zoneSource } from "../time/zone.js";
import { standingOf, zonesUnder } from "../time/zone-rules.js";
import type { Trigger, TriggerState } from "../triggers/trigger.js";
import { triggerFromJSON } from "../triggers/trigger-from-json.js";
import { zonesOf } from "../triggers/zones-of.js";
import { thrownMessage } from "./describe-thrown.js";
import type { Json } from "./json.js";
import { type Ack, OVERLAPS, type Overlap, type TaskFunction } from "./task.js";

/** Missed run time that one run stands for; false runs them all, one after the other. */
export type Coalesce = "latest" | "earliest" | false;

/** Retries after a failed run. The wait before retry n is `delayMs`, or `delayMs · 2^(n-1)` up to `maxDelayMs`. */
export interface Retries {
  readonly max: number;
  readonly delayMs: number;
  readonly backoff: "fixed" | "exponential";
  readonly maxDelayMs: number;
}

/** Settings of runs that a task declares. */
export type TaskSetting = "ack" | "timeoutMs" | "overlap";

/** Job as stores keep it. Shared stores keep it as JSON (see `encodeJob`), with `nextRunMs` and `version` in columns. */
export interface JobRecord {
  readonly id: string;
  readonly name: string;
  /** Name of the task; a store inside this process may keep the function itself. */
  readonly func: string | TaskFunction;
  readonly args: readonly Json[];
  /** Object that follows `args`, or undefined. */
  readonly kwargs: Json | undefined;
  readonly trigger: Trigger;
  readonly executor: string;
  readonly coalesce: Coalesce;
  readonly maxInstances: number;
  readonly overlap: Overlap;
  /** Seconds that a run may start late; null for always. */
  readonly misfireGraceTime: number | null;
  readonly timeoutMs: number | null;
  readonly retries: Retries | null;
  readonly ack: Ack;
  /** Starts of a run with `ack: "late"` before it is given up. */
  readonly maxDeliveries: number;
  readonly tags: readonly string[];
  /** Runs after which the job ends, and runs so far, which only a job with `maxRuns` counts. */
  readonly maxRuns?: number | undefined;
  readonly runCount?: number | undefined;
  /** Moment at which the misfires of an instance were judged, if not at the start of each run. */
  readonly misfiresJudgedMs?: number | undefined;
  /** Settings that the job leaves to its task, which was not registered where the job was added. */
  readonly fromTask?: readonly TaskSetting[] | undefined;
  /** Distinguishes a job from an earlier one of the same id: (id, incarnation, run time) is executed once. */
  readonly incarnation: string;
  /** Time zone rules under which the next run was computed; undefined when it depends on none. */
  readonly zoneRules?: string | undefined;
  readonly createdMs: number;
  /** End and note of a pause; they count while the end is in the future, or there is no next run. */
  readonly pausedUntilMs?: number | undefined;
  readonly pauseNote?: string | undefined;
  /** Seconds over which jobs are spread; this job's offset is part of its trigger. */
  readonly randomizedOffset?: number | undefined;
  /** Next run, epoch ms; null while the job is paused. */
  readonly nextRunMs: number | null;
  /** Fencing token: grows with every change and every claim. */
  readonly version: number;
}

/**
 * Encodes a job as JSON, without `nextRunMs` and `version`, which change with every run. The run count is at the beginning,
 * where stores increment it: `{"v":2,"runCount":3,"maxRuns":10,…`. Such a job has format 2, because schedulers of earlier
 * versions do not count.
 */
export function encodeJob(job: JobRecord): string {
  const { nextRunMs: _next, version: _version, maxRuns, runCount = 0, ...rest } = job;
  return JSON.stringify(maxRuns === undefined ? { v: 1, ...rest } : { v: 2, runCount, maxRuns, ...rest });
}

/** Returns the job of a run that waits for a slot, and is no misfire therefore. */
export function waitingJob(job: JobRecord): JobRecord {
  return { ...job, misfireGraceTime: null };
}

/** Newest format that is read. */
const FORMAT = 2;

/** Error for a job of a later version of this library, which that version's schedulers can read. */
export class NewerFormatError extends SyntaxError {
  override readonly name = "NewerFormatError";
}

/** Decodes the JSON of `encodeJob` with the columns of the store. Throws a SyntaxError that names the reason. */
export function decodeJob(text: string, nextRunMs: number | null, version: number): JobRecord {
  const { v, kwargs, trigger, overlap = "skip", ...rest } = parsed(text);
  if (!(v >= 1)) throw new SyntaxError(`job "${rest.id}": no format is given`);
  if (v > FORMAT) throw new NewerFormatError(`job "${rest.id}": format ${v} is newer than this library reads`);
  if (rest.maxRuns !== undefined && !(isCount(rest.maxRuns) && isCount(rest.runCount)))
    throw new SyntaxError(`job "${rest.id}": maxRuns cannot be ${JSON.stringify(rest.maxRuns)}`);
  // The first versions wrote none, and an unknown rule of a later version must not block the job.
  const known = OVERLAPS.includes(overlap) ? overlap : "skip";
  const wrong = Object.entries(SHAPE).find(([name, isRight]) => !isRight(rest[name as keyof typeof SHAPE]));
  if (wrong !== undefined)
    throw new SyntaxError(`job "${rest.id}": ${wrong[0]} cannot be ${JSON.stringify(rest[wrong[0] as "id"])}`);
  return { ...rest, overlap: known, kwargs, trigger: readTrigger(trigger, rest), nextRunMs, version };
}

/** Decodes the job of a row with that id, as `decodeJob` does. */
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

/** Fields that a scheduler reads before it calls the task: a row without them must not fail its batch. */
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

/** Live triggers by their JSON: thousands of jobs share a few, and a cron's tables are expensive. */
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

/** Reads a trigger; an unknown zone is allowed where its run times do not depend on it. */
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
