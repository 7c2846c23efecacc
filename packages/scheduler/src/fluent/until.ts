import { DAY_MS } from "../time/civil.js";
import { parseInstant } from "../time/parse.js";
import { zone } from "../time/zone.js";
import { checkOptions } from "../triggers/check-options.js";
import { ELAPSED_PARTS, type Elapsed, elapsedMs } from "../triggers/elapsed.js";
import type { Instant } from "../triggers/trigger.js";
import { ScheduleValueError } from "./errors.js";

/** Moment, text in local time (a time alone is today's), or time from now. */
export type UntilInput = Date | string | Elapsed;

/** Reads the last moment at which a job may run. Throws when it has passed. */
export function parseUntil(input: UntilInput, now: Instant, timezone: string): Instant {
  const until = moment(input, now, timezone);
  if (until < now) throw new ScheduleValueError("Cannot schedule a job to run until a time in the past");
  return until;
}

function moment(input: UntilInput, now: Instant, timezone: string): Instant {
  if (typeof input === "string") return fromText(input, now, timezone);
  if (input instanceof Date) {
    if (Number.isNaN(input.getTime())) throw new ScheduleValueError("until() was given an invalid Date");
    return input.getTime();
  }
  if (typeof input !== "object" || input === null) {
    throw new TypeError("until() takes a Date, a string, or a length of time such as { hours: 3 }");
  }
  checkOptions("until", input, ELAPSED_PARTS);
  return now + elapsedMs(input);
}

function fromText(text: string, now: Instant, timezone: string): Instant {
  const time = /^(\d{1,2}):(\d{1,2})(?::(\d{1,2}))?$/.exec(text);
  try {
    return time === null ? parseInstant(text, timezone, "until") : today(time, now, timezone);
  } catch (error) {
    throw new ScheduleValueError("Invalid string format for until()", { cause: error });
  }
}

function today([, hour, minute, second = "0"]: RegExpExecArray, now: Instant, timezone: string): Instant {
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) throw new RangeError("no such time of day");
  const here = zone(timezone);
  const day = Math.floor((now + here.offsetAt(now)) / DAY_MS);
  return here.toInstant(day * DAY_MS + (Number(hour) * 3_600 + Number(minute) * 60 + Number(second)) * 1_000);
}
