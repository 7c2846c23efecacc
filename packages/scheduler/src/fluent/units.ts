export const UNITS = ["seconds", "minutes", "hours", "days", "weeks", "months", "years"] as const;
/** Unit of an `every()`. */
export type Unit = (typeof UNITS)[number];

/** Weekdays by number: Monday is 0. */
export const WEEKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"] as const;
/** Weekday of an `every()`. */
export type Weekday = (typeof WEEKDAYS)[number];

export const UNIT_MS = { seconds: 1_000, minutes: 60_000, hours: 3_600_000 } as const;

/** Returns `minute` for 1, `minutes` for more. */
export function unitText(unit: Unit, count: number): string {
  return count === 1 ? unit.slice(0, -1) : unit;
}
