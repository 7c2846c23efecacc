import type { Elapsed } from "./elapsed.js";
import { TriggerSyntaxError } from "./trigger-syntax-error.js";

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
const PARTS = /^(?:@?every\s+)?((?:\d+(?:\.\d+)?\s*[a-z]+[\s,]*)+)$/i;

/** The length of `every 10 minutes`, `@every 1h30m`, `90s` or `PT90S`; undefined for any other text. */
export function readElapsed(text: string): Partial<Elapsed> | undefined {
  const iso = ISO_DURATION.exec(text);
  if (iso !== null && /\d/.test(text)) {
    const [weeks, days, hours, minutes, seconds] = iso.slice(1).map((part) => Number(part ?? 0));
    return { weeks: weeks!, days: days!, hours: hours!, minutes: minutes!, seconds: seconds! };
  }
  const parts = PARTS.exec(text);
  return parts === null ? undefined : sumOfParts(parts[1]!, text);
}

function sumOfParts(parts: string, text: string): Partial<Elapsed> {
  const sum: Partial<Record<keyof Elapsed, number>> = {};
  const from = text.length - parts.length;
  for (const { 1: amount, 2: word, index, 0: part } of parts.matchAll(/(\d+(?:\.\d+)?)\s*([a-z]+)/gi)) {
    const name = word!.toLowerCase();
    const unit = Object.hasOwn(UNITS, name) ? UNITS[name] : undefined;
    if (unit === undefined) {
      const column = from + index + part.length - word!.length + 1;
      throw new TriggerSyntaxError("trigger", `${noUnit(word!)}`, text, column);
    }
    sum[unit] = (sum[unit] ?? 0) + Number(amount);
  }
  return sum;
}

function noUnit(word: string): string {
  const known = `"${word}" is no unit of time; there are w, d, h, min, s and ms`;
  return /^(mo|y)/i.test(word) ? `${known}; for months and years write calendarInterval({ months: 1 })` : known;
}
