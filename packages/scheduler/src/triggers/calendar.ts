import { civilFromDays, daysFromCivil, daysInMonth, isLeapYear, isoWeek, weekdayOf } from "../time/civil.js";
import { FIELD_RANGE, type Field, type FieldElement, type FieldName } from "./fields.js";

/** What a calendar matches, as bits and tables. */
export interface CalendarSpec {
  /** Sorted, disjoint ranges of years with their steps are kept as a test; undefined means every year. */
  readonly nextYear: (year: number) => number;
  /** Bit m for month m, 1 to 12. */
  readonly months: number;
  /** Bits of the days of a month, bit d for day d. */
  readonly daysOf: (year: number, month: number) => number;
  /** next value at or after the index, or -1; one longer than the field's values. */
  readonly hours: Int8Array;
  readonly minutes: Int8Array;
  readonly seconds: Int8Array;
}

/** Both calendar and weekdays repeat after 400 years: what has not matched by then never will. */
const YEARS_BOUND = 400;
const NEVER = Number.POSITIVE_INFINITY;
const DAY_S = 86_400;

/**
 * Finds matching moments of a calendar without any time zone: seconds since 1970 as if the local time were UTC.
 * The month it looked at last is remembered, which makes the usual next match a few array reads.
 */
export class Calendar {
  /** The month remembered: its first day, the day after its last, and the bits of its matching days. */
  #from = 0;
  #to = 0;
  #bits = 0;
  readonly #firstHour: number;
  readonly #firstOfHour: number;
  readonly #firstSecond: number;
  readonly #firstOfDay: number;

  constructor(private readonly spec: CalendarSpec) {
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

  /** The first matching second of a day at or after the one given; -1 when that day has none left. */
  #timeFrom(secondOfDay: number): number {
    const { hours, minutes, seconds } = this.spec;
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
    if (day < this.#from || day >= this.#to) this.#remember(day);
    return ((this.#bits >>> (day - this.#from + 1)) & 1) === 1;
  }

  #remember(day: number): void {
    const { year, month } = civilFromDays(day);
    this.#from = daysFromCivil(year, month, 1);
    this.#to = this.#from + daysInMonth(year, month);
    this.#bits = this.#bitsOf(year, month);
  }

  #bitsOf(year: number, month: number): number {
    const wanted = (this.spec.months >>> month) & 1;
    return wanted === 1 && this.spec.nextYear(year) === year ? this.spec.daysOf(year, month) : 0;
  }

  #nextDay(day: number): number {
    if (day < this.#from || day >= this.#to) this.#remember(day);
    const left = this.#bits >>> (day - this.#from + 1);
    if (left !== 0) return day + lowestBit(left);
    return this.#searchFrom(this.#to);
  }

  /** Month by month, leaping over months and years that cannot match. `day` is the first of a month. */
  #searchFrom(day: number): number {
    let { year, month } = civilFromDays(day);
    const { months, nextYear, daysOf } = this.spec;
    let lastYear = NEVER;
    for (;;) {
      const matching = nextYear(year);
      if (matching === NEVER) return NEVER;
      if (matching > year) {
        year = matching;
        month = 1;
      }
      if (lastYear === NEVER) lastYear = year + YEARS_BOUND;
      else if (year > lastYear) return NEVER;
      const monthsLeft = months >>> month;
      if (monthsLeft !== 0) {
        month += lowestBit(monthsLeft);
        const bits = daysOf(year, month);
        if (bits !== 0) {
          this.#from = daysFromCivil(year, month, 1);
          this.#to = this.#from + daysInMonth(year, month);
          this.#bits = bits;
          return this.#from + lowestBit(bits) - 1;
        }
        month++;
      } else month = 13;
      if (month > 12) {
        month = 1;
        year++;
      }
    }
  }
}

/** The calendar of APScheduler's fields: every one of them must match. */
export function calendarOf(fields: ReadonlyMap<FieldName, Field>): Calendar {
  const elements = (name: FieldName) => fields.get(name)!.elements;
  const onWeekdays = weekdayTable(bitsOf(elements("day_of_week")));
  const weeks = isEvery("week", elements("week")) ? undefined : setOf(elements("week"));
  const dayElements = elements("day");
  const dayBits = bitsOf(dayElements);
  const moving = dayElements.filter((element) => element.kind !== "range");
  return new Calendar({
    nextYear: yearsOf(elements("year")),
    months: bitsOf(elements("month")) & (weeks === undefined ? -1 : monthsOfWeeks(weeks)),
    daysOf: (year, month) => {
      const length = daysInMonth(year, month);
      const first = daysFromCivil(year, month, 1);
      const firstWeekday = weekdayOf(first);
      let days = dayBits;
      for (const element of moving) days |= movingDay(element, firstWeekday, length);
      days &= onWeekdays[firstWeekday]! & monthBits(length);
      return weeks === undefined || days === 0 ? days : days & weekBits(weeks, year, first, firstWeekday, length);
    },
    hours: nextTable(elements("hour"), 24),
    minutes: nextTable(elements("minute"), 60),
    seconds: nextTable(elements("second"), 60),
  });
}

function isEvery(name: FieldName, elements: readonly FieldElement[]): boolean {
  const [min, max] = FIELD_RANGE[name];
  return elements.some((e) => e.kind === "range" && e.first === min && e.last === max && e.step === 1);
}

function* valuesOf(elements: readonly FieldElement[]): Generator<number> {
  for (const element of elements) {
    if (element.kind !== "range") continue;
    for (let value = element.first; value <= element.last; value += element.step) yield value;
  }
}

/** Bit v for value v; values up to 31. */
export function bitsOf(elements: readonly FieldElement[]): number {
  let bits = 0;
  for (const value of valuesOf(elements)) bits |= 1 << value;
  return bits >>> 0;
}

function setOf(elements: readonly FieldElement[]): ReadonlySet<number> {
  return new Set(valuesOf(elements));
}

/** For each value the next one at or after it, -1 for none; one entry more than there are values. */
export function nextTable(elements: readonly FieldElement[], size: number): Int8Array {
  return nextTableOf(setOf(elements), size);
}

export function nextTableOf(values: ReadonlySet<number>, size: number): Int8Array {
  const table = new Int8Array(size + 1).fill(-1);
  for (let value = size - 1; value >= 0; value--) table[value] = values.has(value) ? value : table[value + 1]!;
  return table;
}

function yearsOf(elements: readonly FieldElement[]): (year: number) => number {
  if (isEvery("year", elements)) return (year) => (year > 9999 ? NEVER : Math.max(year, 1970));
  return (year) => Math.min(...elements.map((element) => nextInRange(element, year)));
}

function nextInRange(element: FieldElement, from: number): number {
  if (element.kind !== "range" || from > element.last) return NEVER;
  if (from <= element.first) return element.first;
  const next = element.first + Math.ceil((from - element.first) / element.step) * element.step;
  return next <= element.last ? next : NEVER;
}

function movingDay(element: FieldElement, firstWeekday: number, length: number): number {
  if (element.kind === "lastDay") return 1 << length;
  if (element.kind !== "weekday") return 0;
  const first = 1 + ((element.weekday - firstWeekday + 7) % 7);
  const day = element.position === 5 ? first + 7 * Math.floor((length - first) / 7) : first + 7 * element.position;
  return day <= length ? 1 << day : 0;
}

export function monthBits(length: number): number {
  return length === 31 ? 0xfffffffe | 0 : (1 << (length + 1)) - 2;
}

/** For each weekday a month may begin on, its days that fall on one of `weekdays` (bit w for weekday w). */
export function weekdayTable(weekdays: number): readonly number[] {
  return Array.from({ length: 7 }, (_, firstWeekday) => {
    let bits = 0;
    for (let day = 1; day <= 31; day++) bits |= ((weekdays >>> ((firstWeekday + day - 1) % 7)) & 1) << day;
    return bits;
  });
}

/** The days of a month that lie in one of the ISO weeks; `first` is its first day, in days since 1970. */
function weekBits(weeks: ReadonlySet<number>, year: number, first: number, firstWeekday: number, length: number): number {
  const newYear = daysFromCivil(year, 1, 1);
  const nextNewYear = newYear + (isLeapYear(year) ? 366 : 365);
  let bits = 0;
  for (let monday = 1 - firstWeekday; monday <= length; monday += 7) {
    const thursday = first + monday + 2;
    const week =
      thursday < newYear ? isoWeek(thursday) : thursday >= nextNewYear ? 1 : Math.floor((thursday - newYear) / 7) + 1;
    if (weeks.has(week)) bits |= monday >= 1 ? 127 << monday : 127 >> (1 - monday) << 1;
  }
  return bits;
}

/** The months that weeks of those numbers can touch: week w lies between the 7w-9th and the 7w+3rd day of the year. */
function monthsOfWeeks(weeks: ReadonlySet<number>): number {
  let months = 0;
  for (const week of weeks) {
    for (let dayOfYear = 7 * week - 11; dayOfYear <= 7 * week + 4; dayOfYear++) {
      months |= 1 << civilFromDays(dayOfYear).month; // 1970 for every year: a leap day is within the margin
    }
  }
  return months;
}

function lowestBit(bits: number): number {
  return 31 - Math.clz32(bits & -bits);
}
