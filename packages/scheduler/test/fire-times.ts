import { isoLocal } from "../time/format.js";
import type { Trigger } from "./trigger.js";

/** The trigger's first fire times at or after `now`, epoch ms. */
export function fireTimes(trigger: Trigger, now: number, count: number): number[] {
  const times: number[] = [];
  for (let at = trigger.next(null, now); at !== null && times.length < count; at = trigger.next(at, at)) times.push(at);
  return times;
}

/** The same as people there would write them: `2026-01-05T00:00+08:00`. */
export function localTimes(trigger: Trigger, timezone: string, now: string, count: number): string[] {
  return fireTimes(trigger, Date.parse(now), count).map((at) => isoLocal(at, timezone).replace(/:00(?=[+-])/, ""));
}
