import { civilFromDays, DAY_MS, daysFromCivil, daysInMonth } from "../time/civil.js";
import { localZoneName } from "../time/local-zone.js";
import { type Zone, zone } from "../time/zone.js";
import {
  BOUNDS_OPTIONS,
  type Bounds,
  type BoundsOptions,
  bounded,
  boundsJSON,
  readBounds,
  searchFrom,
} from "./bounds.js";
import { checkOptions } from "./check-options.js";
import type { Instant, Random, Trigger, TriggerState } from "./trigger.js";

/** Options of `calendarInterval`. */
export interface CalendarIntervalOptions extends BoundsOptions {
  readonly years?: number;
  readonly months?: number;
  readonly weeks?: number;
  readonly days?: number;
  readonly hour?: number;
  readonly minute?: number;
  readonly second?: number;
  /** Start of the count without a `startDate`, epoch ms; set by `anchored`. */
  readonly anchor?: number | undefined;
}

/**
 * Creates a trigger that runs at one time of day every so many years, months, weeks and days, counted on the calendar from
 * `startDate` (without one: the day on which the job is added). A date that does not exist (31 February) is left out, as is
 * a time in the gap of a clock change; a time that a clock change repeats runs once, the first time. All counting is from
 * the first day, so the 31st of every second month stays the 31st. An `endDate` that is only a date is a whole day.
 *
 * @example
 * ```ts
 * import { calendarInterval, nextRuns } from "@headline/scheduler";
 *
 * const trigger = calendarInterval({ months: 1, startDate: "2026-01-31", hour: 9, timezone: "UTC" });
 * console.log(JSON.stringify(nextRuns(trigger, 2, "2026-01-01T00:00:00Z"))); // ["2026-01-31T09:00:00.000Z","2026-03-31T09:00:00.000Z"]
 * ```
 */
export function calendarInterval(options: CalendarIntervalOptions): CalendarIntervalTrigger {
  return new CalendarIntervalTrigger(options);
}

/** Dates tried before it is taken that there will be no other: every 12 months on 29 February needs 8. */
const TRIES = 4_800;

export class CalendarIntervalTrigger implements Trigger {
  readonly kind = "calendarInterval";
  readonly #options: CalendarIntervalOptions;
  readonly #zone: Zone;
  readonly #bounds: Bounds;
  readonly #months: number;
  readonly #days: number;
  readonly #timeMs: number;

  constructor(options: CalendarIntervalOptions) {
    checkOptions("calendarInterval", options, PARTS, BOUNDS_OPTIONS, ["anchor"]);
    for (const name of PARTS) checkWhole(name, options[name] ?? 0);
    const { years = 0, months = 0, weeks = 0, days = 0, hour = 0, minute = 0, second = 0 } = options;
    this.#months = years * 12 + months;
    this.#days = weeks * 7 + days;
    if (this.#months === 0 && this.#days === 0) throw new RangeError("days: the interval must be at least one day");
    this.#timeMs = ((hour * 60 + minute) * 60 + second) * 1_000;
    this.#options = options;
    this.#zone = zone(options.timezone ?? localZoneName());
    const startDate = options.startDate ?? options.start_date ?? options.anchor;
    this.#bounds = readBounds({ ...options, startDate, ...wholeEndDay(options) }, this.#zone.name);
  }

  next(previous: Instant | null, now: Instant, random?: Random): Instant | null {
    const from = searchFrom(previous, now, this.#bounds);
    const first = this.#firstDay(previous ?? now);
    for (let step = this.#stepBefore(first, from), tries = 0; tries < TRIES; step++, tries++) {
      const at = this.#instant(first, step);
      if (at !== undefined && at > this.#bounds.endMs) return null;
      if (at !== undefined && at >= from) return bounded(at, this.#bounds, random, () => this.next(at, at));
    }
    return null;
  }

  /** Days since 1970 of the day the counting begins. */
  #firstDay(now: Instant): number {
    const { startMs } = this.#bounds;
    return this.#localDay(startMs === Number.NEGATIVE_INFINITY ? now : startMs);
  }

  #localDay(at: Instant): number {
    return Math.floor((at + this.#zone.offsetAt(at)) / DAY_MS);
  }

  /** A step that is surely not behind the first run at or after `from`. */
  #stepBefore(first: number, from: Instant): number {
    const daysPerStep = this.#months * 31 + this.#days;
    return Math.max(0, Math.floor((this.#localDay(from) - first) / daysPerStep) - 1);
  }

  #instant(first: number, step: number): Instant | undefined {
    const { year, month, day } = civilFromDays(first);
    const monthIndex = year * 12 + month - 1 + this.#months * step;
    const [y, m] = [Math.floor(monthIndex / 12), (monthIndex % 12) + 1];
    if (day > daysInMonth(y, m)) return undefined;
    const local = (daysFromCivil(y, m, day) + this.#days * step) * DAY_MS + this.#timeMs;
    const at = this.#zone.toInstant(local);
    return at + this.#zone.offsetAt(at) === local ? at : undefined;
  }

  anchored(now: Instant): Trigger {
    if (this.#bounds.startMs !== Number.NEGATIVE_INFINITY) return this;
    return new CalendarIntervalTrigger({ ...this.#options, anchor: now });
  }

  inZone(timezone: string): CalendarIntervalTrigger {
    return this.#options.timezone === undefined ? new CalendarIntervalTrigger({ ...this.#options, timezone }) : this;
  }

  toJSON(): TriggerState {
    const parts = PARTS.filter((name) => this.#options[name] !== undefined);
    const given = Object.fromEntries(parts.map((name) => [name, this.#options[name]]));
    const { anchor } = this.#options;
    return { kind: this.kind, ...given, ...(anchor === undefined ? {} : { anchor }), ...boundsJSON(this.#options) };
  }

  toString(): string {
    const { years, months, weeks, days, hour = 0, minute = 0, second = 0 } = this.#options;
    const parts = Object.entries({ years, months, weeks, days }).filter(
      ([, value]) => value !== undefined && value !== 0,
    );
    const time = [hour, minute, second].map((part) => String(part).padStart(2, "0")).join(":");
    return `calendarinterval[${parts.map(([name, value]) => `${name}='${value}'`).join(", ")}, time='${time}']`;
  }
}

/** The largest value of each part. */
const LARGEST = {
  years: 10_000,
  months: 100_000,
  weeks: 1_000_000,
  days: 10_000_000,
  hour: 23,
  minute: 59,
  second: 59,
} as const;
const PARTS = Object.keys(LARGEST) as (keyof typeof LARGEST)[];

function checkWhole(name: keyof typeof LARGEST, value: number): void {
  if (Number.isInteger(value) && value >= 0 && value <= LARGEST[name]) return;
  throw new RangeError(`${name}: must be a whole number from 0 to ${LARGEST[name]}, is ${value}`);
}

function wholeEndDay({ end_date, endDate = end_date }: BoundsOptions): BoundsOptions {
  const isDay = typeof endDate === "string" && !endDate.includes(":");
  return isDay ? { endDate: `${endDate} 23:59:59.999` } : {};
}
