import type { Trigger } from "../triggers/trigger.js";
import type { JobRecord } from "./job-record.js";

/** The new definition with the old timetable, as long as the trigger says the same. A paused job stays paused. */
export function kept(existing: JobRecord, wanted: JobRecord): JobRecord {
  const { incarnation, createdMs, trigger, nextRunMs } = existing;
  if (sameTrigger(trigger, wanted.trigger)) return { ...wanted, incarnation, createdMs, trigger, nextRunMs };
  return { ...wanted, incarnation, createdMs, nextRunMs: nextRunMs === null ? null : wanted.nextRunMs };
}

/** The anchor of an interval differs at each start; everything else must be equal. */
export function sameTrigger(a: Trigger, b: Trigger): boolean {
  return JSON.stringify(a.anchored(0)) === JSON.stringify(b.anchored(0)) || unanchored(a) === unanchored(b);
}

function unanchored(trigger: Trigger): string {
  return JSON.stringify(trigger, (key, value: unknown) => (key === "anchor" ? undefined : value));
}
