import { type DateInput, parseInstant } from "../time/parse.js";
import type { Trigger } from "../triggers/trigger.js";
import { systemClock } from "./clock.js";

const MOST = 10_000;

/**
 * Returns the next run times of a trigger at or after `from` (now), without its jitter; fewer when it ends before.
 *
 * @example
 * ```ts
 * import { crontab, nextRuns } from "@headline/scheduler";
 *
 * console.log(nextRuns(crontab("@daily", { timezone: "UTC" }), 2, "2026-01-01T12:00:00Z").length); // 2
 * ```
 */
export function nextRuns(trigger: Trigger, count: number, from: DateInput = systemClock().now()): Date[] {
  const wanted = checkedCount(count);
  const fromMs = parseInstant(from, "UTC", "from");
  const runs: Date[] = [];
  const anchored = trigger.anchored(fromMs);
  for (let at = anchored.next(null, fromMs); at !== null && runs.length < wanted; at = anchored.next(at, fromMs)) {
    runs.push(new Date(at));
  }
  return runs;
}

/** Checks a number of runs. */
export function checkedCount(count: number): number {
  if (Number.isSafeInteger(count) && count >= 1 && count <= MOST) return count;
  throw new RangeError(`count: must be a whole number from 1 to ${MOST}, is ${String(count)}`);
}
