import { ScheduleValueError } from "./errors.js";
import type { Unit, Weekday } from "./units.js";

/**
 * Reads the text of `at()` as `HH:MM:SS`. Its format depends on the unit: `HH:MM[:SS]` for days and weekdays, `MM:SS` or `:MM` for hours, `:SS` for minutes.
 */
export function parseTimeOfDay(text: string, unit: Unit | undefined, startDay: Weekday | undefined): string {
  const isDaily = startDay !== undefined || unit === "days" || unit === "months" || unit === "years";
  if (!isDaily && unit !== "hours" && unit !== "minutes") {
    throw new ScheduleValueError("Invalid unit (valid units are `days`, `hours`, and `minutes`)");
  }
  if (typeof text !== "string") throw new TypeError("at() should be passed a string");
  if (isDaily) return dailyTime(text);
  return unit === "hours" ? hourlyTime(text) : minutelyTime(text);
}

function dailyTime(text: string): string {
  const match = /^([0-2]\d):([0-5]\d)(?::([0-5]\d))?$/.exec(text);
  if (match === null) throw new ScheduleValueError("Invalid time format for a daily job (valid format is HH:MM(:SS)?)");
  const [, hour, minute, second = "00"] = match;
  if (Number(hour) > 23) throw new ScheduleValueError(`Invalid number of hours (${hour} is not between 0 and 23)`);
  return `${hour}:${minute}:${second}`;
}

/** Reads a time of the hour: `:30` is half past, `15:30` is a quarter past and thirty seconds. */
function hourlyTime(text: string): string {
  const match = /^([0-5]\d)?:([0-5]\d)$/.exec(text);
  if (match === null) throw new ScheduleValueError("Invalid time format for an hourly job (valid format is (MM)?:SS)");
  const [, first, second] = match;
  return first === undefined ? `00:${second}:00` : `00:${first}:${second}`;
}

function minutelyTime(text: string): string {
  const match = /^:([0-5]\d)$/.exec(text);
  if (match === null) throw new ScheduleValueError("Invalid time format for a minutely job (valid format is :SS)");
  return `00:00:${match[1]}`;
}
