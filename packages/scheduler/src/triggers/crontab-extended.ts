/** A day that depends on its month, as bits of days; `firstWeekday` (0 is Monday) is that of the first. */
export type MovingDay = (firstWeekday: number, length: number) => number;

const SUNDAY_FIRST = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"] as const;
const SATURDAY = 5;
const SUNDAY = 6;

/** The day that Quartz's letters in a day or weekday field mean; undefined when the part has none of them. */
export function readMovingDay(field: string, part: string): MovingDay | undefined {
  const text = part.toLowerCase();
  if (field === "day") return lastDay(text) ?? nearestTo(text);
  return field === "day_of_week" ? weekdayOfMonth(text) : undefined;
}

/** `L`, `L-3` (three days before the last), `LW` and `L-3W` (the Monday to Friday nearest to it). */
function lastDay(text: string): MovingDay | undefined {
  const match = /^l(?:-(\d{1,2}))?(w)?$/.exec(text === "wl" ? "lw" : text);
  if (match === null || Number(match[1] ?? 0) > 30) return undefined;
  const before = Number(match[1] ?? 0);
  const isWorkingDay = match[2] !== undefined;
  return (firstWeekday, length) => dayBit(length - before, firstWeekday, length, isWorkingDay);
}

/** `15W`: the Monday to Friday nearest to the 15th, in the same month; none in a month that does not have the day. */
function nearestTo(text: string): MovingDay | undefined {
  const match = /^(\d{1,2})w$/.exec(text);
  if (match === null) return undefined;
  const day = Number(match[1]);
  if (day < 1 || day > 31) return undefined;
  return (firstWeekday, length) => dayBit(day, firstWeekday, length, true);
}

function dayBit(day: number, firstWeekday: number, length: number, isWorkingDay: boolean): number {
  if (day < 1 || day > length) return 0;
  return 1 << (isWorkingDay ? nearestWorkingDay(day, firstWeekday, length) : day);
}

function nearestWorkingDay(day: number, firstWeekday: number, length: number): number {
  const weekday = (firstWeekday + day - 1) % 7;
  if (weekday === SATURDAY) return day === 1 ? 3 : day - 1;
  if (weekday === SUNDAY) return day === length ? day - 2 : day + 1;
  return day;
}

/** `5L` and `friL` (the last Friday), `5#3` and `fri#3` (the third). */
function weekdayOfMonth(text: string): MovingDay | undefined {
  const match = /^([0-7]|[a-z]{3})(?:(l)|#([1-5]))$/.exec(text);
  if (match === null) return undefined;
  const word = match[1]!;
  const sundayFirst = /\d/.test(word) ? Number(word) % 7 : (SUNDAY_FIRST as readonly string[]).indexOf(word);
  if (sundayFirst < 0) return undefined;
  const weekday = (sundayFirst + 6) % 7;
  return (firstWeekday, length) => {
    const first = 1 + ((weekday - firstWeekday + 7) % 7);
    const day =
      match[2] === undefined ? first + 7 * (Number(match[3]) - 1) : first + 7 * Math.floor((length - first) / 7);
    return day <= length ? 1 << day : 0;
  };
}
