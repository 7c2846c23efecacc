import type { JobRecord } from "../core/job-record.js";
import { ONCE } from "../core/new-job.js";
import { pauseOf } from "../core/pause.js";
import { hasReachedLimit, withinLimit } from "../core/run-limit.js";
import { migrateZoneRules } from "../core/zone-stamp.js";
import type { Trigger } from "../triggers/trigger.js";

/** Returns the new definition of a job with the old timetable, if its trigger is the same. A paused job stays paused. */
export function keepTimetable(existing: JobRecord, wanted: JobRecord): JobRecord {
  const { createdMs, trigger, nextRunMs, zoneRules } = migrateZoneRules(existing, wanted.createdMs);
  const { incarnation, runCount = 0 } = existing;
  const counted = wanted.maxRuns === undefined ? wanted : { ...wanted, runCount };
  if (hasReachedLimit(existing)) return withinLimit({ ...counted, incarnation, createdMs });
  if (isSameTrigger(trigger, wanted.trigger)) {
    return withinLimit({ ...counted, ...pauseOf(existing), incarnation, createdMs, trigger, nextRunMs, zoneRules });
  }
  const isOnce = wanted.incarnation === ONCE;
  return withinLimit({
    ...counted,
    ...pauseOf(existing),
    incarnation: isOnce ? ONCE : incarnation,
    createdMs,
    nextRunMs: nextRunMs === null ? null : afterPause(existing, wanted),
  });
}

/** Returns the first run of a new trigger, not before the end of the job's pause. */
function afterPause({ pausedUntilMs = 0 }: JobRecord, wanted: JobRecord): number | null {
  const { nextRunMs } = wanted;
  if (nextRunMs === null || nextRunMs >= pausedUntilMs) return nextRunMs;
  return wanted.trigger.next(null, pausedUntilMs) ?? nextRunMs;
}

/** Compares triggers as they were declared, without the values that depend on the moment of the declaration. */
export function isSameTrigger(a: Trigger, b: Trigger): boolean {
  const [declaredA, declaredB] = [asDeclared(a), asDeclared(b)];
  return declaredA === declaredB || withoutStart(declaredA) === withoutStart(declaredB);
}

function asDeclared(trigger: Trigger): string {
  return JSON.stringify(trigger, (_key, value: unknown) => {
    if (!isState(value)) return value;
    if (value.kind === "date" && value.in !== undefined) return { ...value, runAt: undefined };
    return value.anchor === undefined ? value : { ...value, anchor: undefined, isAnchored: true };
  });
}

interface State {
  readonly kind: unknown;
  readonly anchor?: unknown;
  readonly in?: unknown;
  readonly startDate?: unknown;
  readonly isAnchored?: boolean;
}

function isState(value: unknown): value is State {
  return typeof value === "object" && value !== null && "kind" in value;
}

/** Removes the start of a calendar interval that earlier versions stored, in ms, although none had been given. */
function withoutStart(declared: string): string {
  return JSON.stringify(JSON.parse(declared), (_key, value: unknown) => {
    if (!isState(value) || value.kind !== "calendarInterval") return value;
    const { startDate, isAnchored, ...rest } = value;
    return { ...rest, start: isAnchored === true || typeof startDate === "number" ? "of the declaration" : startDate };
  });
}
