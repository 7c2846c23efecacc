import type { JobRecord } from "../core/job-record.js";
import { ONCE } from "../core/job-spec.js";
import { pauseOf } from "../core/pause.js";
import { hasReachedLimit, withinLimit } from "../core/run-limit.js";
import { migrateZoneRules } from "../core/zone-stamp.js";
import type { Trigger } from "../triggers/trigger.js";

/** The new definition with the old timetable, as long as the trigger says the same. A paused job stays paused. */
export function kept(existing: JobRecord, wanted: JobRecord): JobRecord {
  const { createdMs, trigger, nextRunMs, zoneRules } = migrateZoneRules(existing, wanted.createdMs);
  const { incarnation, runCount = 0 } = existing;
  const counted = wanted.maxRuns === undefined ? wanted : { ...wanted, runCount };
  if (hasReachedLimit(existing)) return withinLimit({ ...counted, incarnation, createdMs });
  if (sameTrigger(trigger, wanted.trigger)) {
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

/** The first run of a new trigger, not before a pause of the job ends. */
function afterPause({ pausedUntilMs = 0 }: JobRecord, wanted: JobRecord): number | null {
  const { nextRunMs } = wanted;
  if (nextRunMs === null || nextRunMs >= pausedUntilMs) return nextRunMs;
  return wanted.trigger.next(null, pausedUntilMs) ?? nextRunMs;
}

/** Both as they were declared: what the moment of the declaration decided differs at each start. */
export function sameTrigger(a: Trigger, b: Trigger): boolean {
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

/** Earlier versions stored the start of a calendar interval that had none as if it had been given, in ms. */
function withoutStart(declared: string): string {
  return JSON.stringify(JSON.parse(declared), (_key, value: unknown) => {
    if (!isState(value) || value.kind !== "calendarInterval") return value;
    const { startDate, isAnchored, ...rest } = value;
    return { ...rest, start: isAnchored === true || typeof startDate === "number" ? "of the declaration" : startDate };
  });
}
