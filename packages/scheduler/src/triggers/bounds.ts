import { type DateInput, parseInstant } from "../time/parse.js";
import { zone } from "../time/zone.js";
import type { Instant, Random } from "./trigger.js";

/** Options of every repeating trigger. */
export interface BoundsOptions {
  /** No run before it. */
  readonly startDate?: DateInput | undefined;
  /** No run after it; a run exactly then happens. */
  readonly endDate?: DateInput | undefined;
  /** IANA name; the scheduler's, or else the machine's, when it is left out. */
  readonly timezone?: string | undefined;
  /** Seconds: each run is delayed by a random time up to this. */
  readonly jitter?: number | undefined;
  /** APScheduler's own spellings are understood as well. */
  readonly start_date?: DateInput | undefined;
  readonly end_date?: DateInput | undefined;
}

export const BOUNDS_OPTIONS = ["startDate", "endDate", "timezone", "jitter", "start_date", "end_date"] as const;

/** The same, read: epoch ms, and a jitter in ms. */
export interface Bounds {
  readonly startMs: Instant;
  readonly endMs: Instant;
  readonly jitterMs: number;
}

/** Rounds a start between two milliseconds: up where it bounds run times, down where it is one. */
export function readBounds(
  { start_date, startDate = start_date, end_date, endDate = end_date, jitter = 0 }: BoundsOptions,
  timezone: string,
  finer: "down" | "up" = "up",
): Bounds {
  if (!(Number.isFinite(jitter) && jitter >= 0)) {
    throw new RangeError(`jitter: must be a number of seconds, 0 or more, is ${String(jitter)}`);
  }
  zone(timezone);
  return {
    startMs: startDate === undefined ? Number.NEGATIVE_INFINITY : parseInstant(startDate, timezone, "startDate", finer),
    endMs: endDate === undefined ? Number.POSITIVE_INFINITY : parseInstant(endDate, timezone, "endDate"),
    jitterMs: Math.round(jitter * 1_000),
  };
}

/** A run time within its bounds, delayed by the jitter when there is a `random` to draw it from. */
export function bounded(
  at: Instant | null,
  { endMs, jitterMs }: Bounds,
  random: Random | undefined,
  following: (at: Instant) => Instant | null,
): Instant | null {
  if (at === null || at > endMs) return null;
  if (jitterMs === 0 || random === undefined) return at;
  return Math.min(delayed(at, random() * jitterMs, following(at)), endMs);
}

/** Later by so much, but still before the run time that follows: none is passed over, however long the jitter is. */
export function delayed(at: Instant, delayMs: number, following: Instant | null): Instant {
  const late = at + Math.floor(delayMs);
  return following === null ? late : Math.min(late, Math.max(at, following - 1));
}

/** The moment from which to look: behind the last run, or now, and not before the start. */
export function searchFrom(previous: Instant | null, now: Instant, { startMs }: Bounds): Instant {
  return Math.max(previous === null ? now : previous + 1, startMs);
}

/** Bounds as JSON: dates as they were given, so that a text without an offset still means local time. */
export function boundsJSON(options: BoundsOptions): Record<string, unknown> {
  const { start_date, startDate = start_date, end_date, endDate = end_date, timezone, jitter } = options;
  return {
    ...(startDate === undefined ? {} : { startDate: plainDate(startDate) }),
    ...(endDate === undefined ? {} : { endDate: plainDate(endDate) }),
    ...(timezone === undefined ? {} : { timezone }),
    ...(jitter === undefined || jitter === 0 ? {} : { jitter }),
  };
}

export function plainDate(date: DateInput): string | number {
  if (typeof date === "string" || typeof date === "number") return date;
  return date instanceof Date ? date.getTime() : date.epochMilliseconds;
}
