import { civilFromDays, daysFromCivil, daysInMonth, isLeapYear, isoWeek, weekdayOf } from "../time/civil.js";
import { Calendar, NEVER } from "./calendar.js";
import { FIELD_RANGE, type Field, type FieldElement, type FieldName } from "./fields.js";
import { bitsOf, monthBits, nextTable, weekdayTable } from "./value-tables.js";

/** Creates the calendar of APScheduler's fields, each of which must match. */
export function calendarOf(fields: ReadonlyMap<FieldName, Field>): Calendar {
  const elements = (name: FieldName) => fields.get(name)!.elements;
  const values = (name: FieldName) => valuesOf(elements(name));
  const onWeekdays = weekdayTable(bitsOf(values("day_of_week")));
  const weeks = isEvery("week", elements("week")) ? undefined : new Set(values("week"));
  const dayElements = elements("day");
  const dayBits = bitsOf(values("day"));
  const moving = dayElements.filter((element) => element.kind !== "range");
  return new Calendar({
    nextYear: yearsOf(elements("year")),
    months: bitsOf(values("month")) & (weeks === undefined ? -1 : monthsOfWeeks(weeks)),
    daysOf: (year, month) => {
      const length = daysInMonth(year, month);
      const first = daysFromCivil(year, month, 1);
      const firstWeekday = weekdayOf(first);
      let days = dayBits;
      for (const element of moving) days |= movingDay(element, firstWeekday, length);
      days &= onWeekdays[firstWeekday]! & monthBits(length);
      return weeks === undefined || days === 0 ? days : days & weekBits(weeks, year, first, firstWeekday, length);
    },
    hours: nextTable(values("hour"), 24),
    minutes: nextTable(values("minute"), 60),
    seconds: nextTable(values("second"), 60),
  });
}

function isEvery(name: FieldName, elements: readonly FieldElement[]): boolean {
  const [min, max] = FIELD_RANGE[name];
  return elements.some((e) => e.kind === "range" && e.first === min && e.last === max && e.step === 1);
}

function valuesOf(elements: readonly FieldElement[]): number[] {
  const values: number[] = [];
  for (const element of elements) {
    if (element.kind !== "range") continue;
    for (let value = element.first; value <= element.last; value += element.step) values.push(value);
  }
  return values;
}

function yearsOf(elements: readonly FieldElement[]): (year: number) => number {
  if (isEvery("year", elements)) return (year) => (year > 9999 ? NEVER : Math.max(year, 1970));
  return (year) => {
    let next = NEVER;
    for (const element of elements) next = Math.min(next, nextInRange(element, year));
    return next;
  };
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

/** Returns the days of a month that lie in one of the ISO weeks; `first` is its first day, in days since 1970. */
function weekBits(
  weeks: ReadonlySet<number>,
  year: number,
  first: number,
  firstWeekday: number,
  length: number,
): number {
  const newYear = daysFromCivil(year, 1, 1);
  const nextNewYear = newYear + (isLeapYear(year) ? 366 : 365);
  let bits = 0;
  for (let monday = 1 - firstWeekday; monday <= length; monday += 7) {
    const thursday = first + monday + 2;
    const week =
      thursday < newYear ? isoWeek(thursday) : thursday >= nextNewYear ? 1 : Math.floor((thursday - newYear) / 7) + 1;
    if (weeks.has(week)) bits |= monday >= 1 ? 127 << monday : (127 >> (1 - monday)) << 1;
  }
  return bits;
}

/** Returns the months that weeks of those numbers can touch: week w lies between the 7w-9th and the 7w+3rd day of the year. */
function monthsOfWeeks(weeks: ReadonlySet<number>): number {
  let months = 0;
  for (const week of weeks) {
    for (let dayOfYear = 7 * week - 11; dayOfYear <= 7 * week + 4; dayOfYear++) {
      months |= 1 << civilFromDays(dayOfYear).month; // 1970 for every year: a leap day is within the margin
    }
  }
  return months;
}
