import { isoLocal } from "../src/time/format.js";
import type { Trigger } from "../src/triggers/trigger.js";

/** Returns a trigger's first fire times at or after `now`, epoch ms. */
export function fireTimes(trigger: Trigger, now: number, count: number): number[] {
  const times: number[] = [];
  for (let at = trigger.next(null, now); at !== null && times.length < count; at = trigger.next(at, at)) times.push(at);
  return times;
}

/** Returns the first fire times in local time: `2026-01-05T00:00+08:00`. */
export function localTimes(trigger: Trigger, timezone: string, now: string, count: number): string[] {
  return fireTimes(trigger, Date.parse(now), count).map((at) => isoLocal(at, timezone).replace(/:00(?=[+-])/, ""));
}
