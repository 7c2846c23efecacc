import { thrownMessage } from "../core/describe-thrown.js";
import { crontab } from "../triggers/crontab.js";
import { date } from "../triggers/date.js";
import type { Elapsed } from "../triggers/elapsed.js";
import { interval } from "../triggers/interval.js";
import type { Trigger } from "../triggers/trigger.js";
import { InputProblem } from "./http/problem.js";

const UNITS: Readonly<Record<string, keyof Elapsed>> = {
  w: "weeks",
  week: "weeks",
  weeks: "weeks",
  d: "days",
  day: "days",
  days: "days",
  h: "hours",
  hour: "hours",
  hours: "hours",
  m: "minutes",
  min: "minutes",
  minute: "minutes",
  minutes: "minutes",
  s: "seconds",
  sec: "seconds",
  second: "seconds",
  seconds: "seconds",
  ms: "milliseconds",
};
const ISO_DURATION = /^P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/;
const PARTS = /^(?:every\s+)?((?:\d+(?:\.\d+)?\s*[a-z]+[\s,]*)+)$/i;
const EXAMPLES =
  "a crontab (*/5 8-18 * * mon-fri, @daily), an interval (every 10 minutes, 1h 30m, PT90S) or a date (2026-01-31 12:30)";

/** The trigger that somebody typed. Throws an InputProblem that names the field. */
export function triggerFromText(text: string, timezone: string): Trigger {
  const trimmed = text.trim();
  if (trimmed === "") throw new InputProblem("trigger", `is empty; give ${EXAMPLES}`);
  try {
    return readTrigger(trimmed, timezone);
  } catch (error) {
    if (error instanceof InputProblem) throw error;
    throw new InputProblem("trigger", thrownMessage(error));
  }
}

function readTrigger(text: string, timezone: string): Trigger {
  if (/^\d{4}-/.test(text)) return date({ runAt: text, timezone });
  const elapsed = readElapsed(text);
  if (elapsed !== undefined) {
    if (Object.values(elapsed).every((value) => value === 0)) throw new InputProblem("trigger", "the interval is 0");
    return interval({ ...elapsed, timezone });
  }
  if (text.startsWith("@") || text.split(/\s+/).length === 5) return crontab(text, { timezone });
  throw new InputProblem("trigger", `"${text}" is none of: ${EXAMPLES}`);
}

function readElapsed(text: string): Elapsed | undefined {
  const iso = ISO_DURATION.exec(text);
  if (iso !== null && /\d/.test(text)) {
    const [weeks, days, hours, minutes, seconds] = iso.slice(1).map((part) => Number(part ?? 0));
    return { weeks: weeks!, days: days!, hours: hours!, minutes: minutes!, seconds: seconds! };
  }
  const parts = PARTS.exec(text);
  return parts === null ? undefined : sumOfParts(parts[1]!);
}

function sumOfParts(text: string): Elapsed {
  const sum: Partial<Record<keyof Elapsed, number>> = {};
  for (const [, amount, word] of text.matchAll(/(\d+(?:\.\d+)?)\s*([a-z]+)/gi)) {
    const name = word!.toLowerCase();
    const unit = Object.hasOwn(UNITS, name) ? UNITS[name] : undefined;
    if (unit === undefined)
      throw new InputProblem("trigger", `"${word}" is no unit of time; there are w, d, h, min, s and ms`);
    sum[unit] = (sum[unit] ?? 0) + Number(amount);
  }
  return sum;
}
