import { DAY_MS, daysFromCivil, daysInMonth } from "./civil.js";
import { zone } from "./zone.js";

/** A moment as callers may give it: a Date, epoch ms, a Temporal object, or text. */
export type DateInput = Date | number | string | { readonly epochMilliseconds: number };

/** APScheduler's date text; seconds may be left out, and up to nine digits of a second given, as ISO 8601 has it. */
const PATTERN =
  /^(\d{4})-(\d{1,2})-(\d{1,2})(?:[ T](\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d{1,9}))?)?(Z|z|[+-]\d{2}(?::?\d{2})?)?)?$/;

/** Largest value of a Date. */
const LATEST_MS = 8.64e15;

/**
 * Epoch ms of what was given. Text without an offset is read in `timezone`: inside a gap the later instant, inside a
 * fold the earlier one. What is finer than a millisecond is rounded as `finer` says. Throws a RangeError that begins
 * with `field`.
 */
export function parseInstant(input: DateInput, timezone: string, field: string, finer: "down" | "up" = "down"): number {
  if (typeof input === "string") return parseText(input, timezone, field, finer);
  const at = typeof input === "number" ? input : input instanceof Date ? input.getTime() : input?.epochMilliseconds;
  if (typeof at !== "number" || !(Math.abs(at) <= LATEST_MS))
    throw new RangeError(`${field}: not a date: ${String(input)}`);
  if (typeof input === "number") checkMilliseconds(input, field);
  return Math.round(at);
}

/** Seconds since 1970, of the years 2001 to 2286, would be taken for January to April 1970. */
export function checkMilliseconds(at: number, field: string): void {
  if (at < 1e9 || at >= 1e10) return;
  throw new RangeError(`${field}: ${at} are seconds since 1970, it seems; write milliseconds, ${at}000`);
}

function parseText(text: string, timezone: string, field: string, finer: "down" | "up"): number {
  const match = PATTERN.exec(text);
  if (match === null) throw new RangeError(`${field}: "${text}" is not like 2026-01-31 12:30:00`);
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map((part) => Number(part ?? 0)) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  if (year < 1) throw new RangeError(`${field}: "${text}" has no year ${year}`);
  if (month < 1 || month > 12) throw new RangeError(`${field}: "${text}" has no month ${month}`);
  if (day < 1 || day > daysInMonth(year, month)) throw new RangeError(`${field}: "${text}" has no day ${day}`);
  if (hour > 23 || minute > 59 || second > 59) throw new RangeError(`${field}: "${text}" has no such time of day`);
  const fraction = (match[7] ?? "").padEnd(9, "0");
  const milliseconds = Number(fraction.slice(0, 3)) + (finer === "up" && Number(fraction.slice(3)) > 0 ? 1 : 0);
  const local =
    daysFromCivil(year, month, day) * DAY_MS + hour * 3_600_000 + minute * 60_000 + second * 1_000 + milliseconds;
  return match[8] === undefined ? zone(timezone).toInstant(local) : local - offsetMs(match[8], text, field);
}

function offsetMs(offset: string, text: string, field: string): number {
  if (offset === "Z" || offset === "z") return 0;
  const [hours, minutes] = [Number(offset.slice(1, 3)), Number(offset.slice(3).replace(":", ""))] as const;
  if (hours > 23 || minutes > 59) throw new RangeError(`${field}: "${text}" has no such offset from UTC`);
  return (offset.startsWith("-") ? -1 : 1) * (hours * 60 + minutes) * 60_000;
}
