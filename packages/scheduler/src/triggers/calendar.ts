import { civilFromDays, daysFromCivil, daysInMonth, isLeapYear, mod, weekdayOf } from "../time/civil.js";
import { lowestBit } from "./value-tables.js";

/** Matches of a calendar, as bits and tables. */
export interface CalendarSpec {
  /** Returns the first matching year at or after `year`; Infinity when there is none. */
  readonly nextYear: (year: number) => number;
  /** Bit m for month m, 1 to 12. */
  readonly months: number;
  /** Bit d for each matching day d of a month; the same in all years that begin alike and follow a year as long. */
  readonly daysOf: (year: number, month: number) => number;
  /** Next value at or after the index, or -1; one entry longer than the field's values. */
  readonly hours: Int8Array;
  readonly minutes: Int8Array;
  readonly seconds: Int8Array;
}

/** Years searched: calendar and weekdays repeat after 400 years. */
const YEARS_BOUND = 400;
/** Result of a search without a match. */
export const NEVER = Number.POSITIVE_INFINITY;
const DAY_S = 86_400;

/**
 * Finds matching moments of a calendar without any time zone: seconds since 1970 as if the local time were UTC.
 * The month it looked at last is remembered, which makes the usual next match a few array reads; for a rare match
 * whole years are skipped, each by the plan of its kind.
 */
export class Calendar {
  /** The month remembered: its first day, the day after its last, and the bits of its matching days. */
  #from = 0;
  #to = 0;
  #bits = 0;
  /**
   * The plans of years, made when needed. There are 21 kinds: the weekday a year begins on, and whether it or the one
   * before is a leap year (which decides if its first days belong to week 52 or 53).
   */
  readonly #plans: (Int32Array | undefined)[] = [];
  readonly #firstHour: number;
  readonly #firstOfHour: number;
  readonly #firstSecond: number;
  readonly #firstOfDay: number;

  readonly #spec: CalendarSpec;

  constructor(spec: CalendarSpec) {
    // A reversed range of a crontab names no hour at all; a calendar without months expresses that.
    const isEmpty = spec.hours[0] === -1 || spec.minutes[0] === -1 || spec.seconds[0] === -1;
    this.#spec = isEmpty ? { ...spec, months: 0 } : spec;
    this.#firstHour = spec.hours[0]!;
    this.#firstSecond = spec.seconds[0]!;
    this.#firstOfHour = spec.minutes[0]! * 60 + this.#firstSecond;
    this.#firstOfDay = this.#firstHour * 3_600 + this.#firstOfHour;
  }

  /** The first matching second at or after `second`; Infinity when there is none. */
  next(second: number): number {
    const day = Math.floor(second / DAY_S);
    const today = this.#matches(day);
    if (today) {
      const time = this.#timeFrom(second - day * DAY_S);
      if (time >= 0) return day * DAY_S + time;
    }
    const next = this.#nextDay(day + 1);
    return next === NEVER ? NEVER : next * DAY_S + this.#firstOfDay;
  }

  /** Returns the first matching second of a day at or after `second`; -1 when that day has none left. */
  #timeFrom(secondOfDay: number): number {
    const { hours, minutes, seconds } = this.#spec;
    const hour = Math.floor(secondOfDay / 3_600);
    if (hours[hour] === hour) {
      const minute = Math.floor(secondOfDay / 60) % 60;
      if (minutes[minute] === minute) {
        const second = seconds[secondOfDay % 60]!;
        if (second >= 0) return secondOfDay - (secondOfDay % 60) + second;
      }
      const nextMinute = minutes[minute + 1]!;
      if (nextMinute >= 0) return hour * 3_600 + nextMinute * 60 + this.#firstSecond;
    }
    const nextHour = hours[hour + 1]!;
    return nextHour >= 0 ? nextHour * 3_600 + this.#firstOfHour : -1;
  }

  #matches(day: number): boolean {
    if (day < this.#from || day >= this.#to) this.#rememberMonthOf(day);
    return ((this.#bits >>> (day - this.#from + 1)) & 1) === 1;
  }

  #nextDay(day: number): number {
    if (day < this.#from || day >= this.#to) this.#rememberMonthOf(day);
    const left = this.#bits >>> (day - this.#from + 1);
    return left === 0 ? this.#searchFrom(this.#to) : day + lowestBit(left);
  }

  #rememberMonthOf(day: number): void {
    const { year, month } = civilFromDays(day);
    this.#remember(year, month, this.#spec.nextYear(year) === year ? this.#planOf(year)[month]! : 0);
  }

  #remember(year: number, month: number, bits: number): void {
    this.#from = daysFromCivil(year, month, 1);
    this.#to = this.#from + daysInMonth(year, month);
    this.#bits = bits;
  }

  /** Walks year by year over those that can match. `day` is the first of a month. */
  #searchFrom(day: number): number {
    let { year, month } = civilFromDays(day);
    let lastYear = NEVER;
    for (;;) {
      const matching = this.#spec.nextYear(year);
      if (matching > year) month = 1;
      year = matching;
      if (lastYear === NEVER) lastYear = year + YEARS_BOUND;
      if (year === NEVER || year > lastYear) return NEVER;
      const plan = this.#planOf(year);
      const monthsLeft = plan[MATCHING_MONTHS]! >>> month;
      if (monthsLeft !== 0) {
        month += lowestBit(monthsLeft);
        this.#remember(year, month, plan[month]!);
        return this.#from + lowestBit(plan[month]!) - 1;
      }
      year++;
      month = 1;
    }
  }

  #planOf(year: number): Int32Array {
    const kind = KINDS[mod(year, 400)]!;
    this.#plans[kind] ??= yearPlan(this.#spec, year);
    return this.#plans[kind];
  }
}

/** The kind of each of 400 years, after which the calendar begins anew. */
const KINDS = Uint8Array.from({ length: 400 }, (_, year) => {
  const weekday = weekdayOf(daysFromCivil(year, 1, 1));
  return weekday * 3 + (isLeapYear(year) ? 2 : isLeapYear(year - 1) ? 1 : 0);
});

const MATCHING_MONTHS = 0;

/** Months 1 to 12: the bits of their matching days. At 0: bit m for each month m that has any. */
function yearPlan({ months, daysOf }: CalendarSpec, year: number): Int32Array {
  const plan = new Int32Array(13);
  for (let month = 1; month <= 12; month++) {
    if (((months >>> month) & 1) === 0) continue;
    plan[month] = daysOf(year, month);
    if (plan[month] !== 0) plan[MATCHING_MONTHS]! |= 1 << month;
  }
  return plan;
}
