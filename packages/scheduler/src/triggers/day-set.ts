import { civilFromDays, daysFromCivil, daysInMonth, weekdayOf } from "../time/civil.js";
import { WEEKDAY_NAMES } from "./fields.js";
import { TriggerSyntaxError } from "./trigger-syntax-error.js";

/** Days in one list: more belong into a table and not into every job. */
const DAYS_MAX = 5_000;
/** Longest run of neighbouring days: a search for the day behind it ends. */
const STRETCH_MAX = 3_660;

/** Days of the calendar that a list of texts names. Days are numbers from 1970-01-01. */
export class DaySet {
  #weekdays = 0;
  /** By month and day. */
  readonly #yearly = new Uint8Array(13 * 32);
  #ranges: readonly DayRange[] = [];

  /** Throws a TriggerSyntaxError that names the entry. */
  constructor(readonly texts: readonly string[]) {
    if (!Array.isArray(texts)) refuse('must be a list of days, such as ["sat", "12-25", "2026-04-03"]');
    if (texts.length > DAYS_MAX) refuse(`has ${texts.length} entries, ${DAYS_MAX} are the most`);
    const ranges = texts.flatMap((text: unknown, index) => this.#add(text, index) ?? []);
    this.#ranges = merged(ranges);
    if (texts.length > 0) this.#checkLeavesDays();
  }

  has(day: number): boolean {
    if ((this.#weekdays >>> weekdayOf(day)) & 1) return true;
    const { month, day: ofMonth } = civilFromDays(day);
    return this.#yearly[month * 32 + ofMonth] === 1 || this.#isInRange(day);
  }

  /** The first day at or after `day` that is not in the set. */
  firstOutside(day: number): number {
    let outside = day;
    while (this.has(outside)) outside++;
    return outside;
  }

  /** The first of the days of the set that end just before `day`; `day` itself when there are none. */
  firstOfStretchBefore(day: number): number {
    let first = day;
    while (this.has(first - 1)) first--;
    return first;
  }

  #isInRange(day: number): boolean {
    let low = 0;
    let high = this.#ranges.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#ranges[middle]!.first <= day) low = middle + 1;
      else high = middle;
    }
    return low > 0 && this.#ranges[low - 1]!.last >= day;
  }

  /** Adds an entry; returns its range when it is a range of dates. */
  #add(given: unknown, index: number): DayRange | undefined {
    if (typeof given !== "string") {
      const advice = typeof given === "function" ? "; a function cannot be stored, list the days that it gives" : "";
      refuse(`entry ${index} must be a text, is ${given === null ? "null" : typeof given}${advice}`);
    }
    const text = (given as string).trim().toLowerCase();
    const weekday = (WEEKDAY_NAMES as readonly string[]).indexOf(text);
    if (weekday >= 0) {
      this.#weekdays |= 1 << weekday;
      return undefined;
    }
    const [from, to = from, ...more] = text.split("/");
    const [first, last] = [readDay(from!, text), readDay(to!, text)];
    if (more.length > 0 || (first.year === undefined) !== (last.year === undefined)) refuse(`"${text}" is no range`);
    if (first.year !== undefined) return rangeOf(first, last, text);
    this.#addYearly(first, last);
    return undefined;
  }

  /** A range may go over the new year. */
  #addYearly(first: Day, last: Day): void {
    const end = last.month * 32 + last.day;
    for (let place = first.month * 32 + first.day; ; place = place + 1 === this.#yearly.length ? 32 : place + 1) {
      this.#yearly[place] = 1;
      if (place === end) return;
    }
  }

  /** Looks at the ends of all ranges, and at a year without any. */
  #checkLeavesDays(): void {
    const starts = [daysFromCivil(2001, 1, 1), ...this.#ranges.map(({ first }) => first)];
    for (const start of starts) {
      let day = start;
      while (this.has(day)) {
        if (++day - start > STRETCH_MAX) refuse("leave no day on which to run for ten years");
      }
    }
  }
}

interface DayRange {
  readonly first: number;
  readonly last: number;
}

function rangeOf(from: Day, to: Day, text: string): DayRange {
  const first = daysFromCivil(from.year!, from.month, from.day);
  const last = daysFromCivil(to.year!, to.month, to.day);
  if (last < first) refuse(`the range "${text}" is the wrong way round`);
  if (last - first >= STRETCH_MAX) refuse(`the range "${text}" is longer than ${STRETCH_MAX} days`);
  return { first, last };
}

/** In order, none of them touching another. */
function merged(ranges: readonly DayRange[]): DayRange[] {
  const apart: DayRange[] = [];
  for (const range of [...ranges].sort((a, b) => a.first - b.first)) {
    const before = apart.at(-1);
    if (before === undefined || range.first > before.last + 1) apart.push(range);
    else apart[apart.length - 1] = { first: before.first, last: Math.max(before.last, range.last) };
  }
  return apart;
}

interface Day {
  readonly year: number | undefined;
  readonly month: number;
  readonly day: number;
}

function readDay(text: string, entry: string): Day {
  const match = /^(?:(\d{4})-)?(\d{2})-(\d{2})$/.exec(text);
  if (match === null) {
    return refuse(
      `"${entry}" is neither a weekday (sat), a date (2026-04-03), a day of every year (12-25) nor a range of either (12-24/01-02)`,
    );
  }
  const [year, month, day] = [
    match[1] === undefined ? undefined : Number(match[1]),
    Number(match[2]),
    Number(match[3]),
  ];
  // Every fourth year has a 29 February.
  const isThere = month >= 1 && month <= 12 && day >= 1 && day <= daysInMonth(year ?? 2004, month);
  return isThere ? { year, month, day } : refuse(`"${text}" is no date`);
}

function refuse(reason: string): never {
  throw new TriggerSyntaxError("days", reason);
}
