import { describe, expect, test } from "@jest/globals";
import { localTimes } from "../../test/fire-times.js";
import { type CalendarIntervalOptions, calendarInterval } from "./calendar-interval.js";

const times = (options: CalendarIntervalOptions, count = 3) =>
  localTimes(calendarInterval(options), options.timezone!, "2026-01-01T00:00Z", count);

describe("calendarInterval", () => {
  test("months without that day are left out, and an end that is a date is a whole day", () => {
    expect(times({ months: 1, hour: 10, startDate: "2026-01-31", endDate: "2026-05-31", timezone: "UTC" }, 9)).toEqual([
      "2026-01-31T10:00+00:00",
      "2026-03-31T10:00+00:00",
      "2026-05-31T10:00+00:00",
    ]);
  });

  test("the wall time stays across clock changes; a gap is left out, a fold runs once", () => {
    expect(times({ days: 1, hour: 2, minute: 30, startDate: "2026-03-28", timezone: "Europe/Berlin" })).toEqual([
      "2026-03-28T02:30+01:00",
      "2026-03-30T02:30+02:00",
      "2026-03-31T02:30+02:00",
    ]);
    expect(times({ days: 1, hour: 2, minute: 30, startDate: "2026-10-25", timezone: "Europe/Berlin" }, 2)).toEqual([
      "2026-10-25T02:30+02:00",
      "2026-10-26T02:30+01:00",
    ]);
  });

  test("29 February comes every fourth year", () => {
    expect(times({ years: 1, startDate: "2024-02-29", timezone: "UTC" }, 2)).toEqual([
      "2028-02-29T00:00+00:00",
      "2032-02-29T00:00+00:00",
    ]);
  });

  test("without a start it counts from the day it is added", () => {
    const now = Date.parse("2026-01-05T12:00Z");
    const fortnightly = calendarInterval({ weeks: 2, hour: 9, timezone: "UTC" }).anchored(now);
    expect(localTimes(fortnightly, "UTC", "2026-01-05T12:00Z", 2)).toEqual([
      "2026-01-19T09:00+00:00",
      "2026-02-02T09:00+00:00",
    ]);
  });

  test.each<[CalendarIntervalOptions, RegExp]>([
    [{}, /^days: the interval must be at least one day/],
    [{ days: 1.5 }, /^days: must be a whole number/],
    [{ days: 1, hour: 24 }, /^hour: must be a whole number from 0 to 23/],
    [{ month: 1 } as CalendarIntervalOptions, /^month: calendarInterval has no such option/],
  ])("%j is an error", (options, message) => {
    expect(() => calendarInterval(options)).toThrow(message);
  });
});
