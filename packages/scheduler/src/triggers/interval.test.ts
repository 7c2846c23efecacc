import { describe, expect, test } from "@jest/globals";
import { fireTimes } from "../../test/fire-times.js";
import { type IntervalOptions, interval } from "./interval.js";

const HOUR = 3_600_000;

describe("interval", () => {
  test.each<[IntervalOptions, string]>([
    [{ seconds: 3 }, "interval[0:00:03]"],
    [{ weeks: 3, minutes: 59, seconds: 4_717 }, "interval[21 days, 2:17:37]"],
    [{ days: 1, hours: 2 }, "interval[1 day, 2:00:00]"],
    [{ seconds: 0.5 }, "interval[0:00:00.500000]"],
    [{}, "interval[0:00:01]"],
  ])("%j prints as APScheduler does", (options, text) => {
    expect(String(interval(options))).toBe(text);
  });

  test("without a start the first run is one interval after it is added, and the phase stays", () => {
    const hourly = interval({ hours: 1 }).anchored(10_000);
    expect(fireTimes(hourly, 10_000, 2)).toEqual([10_000 + HOUR, 10_000 + 2 * HOUR]);
    expect(hourly.next(null, 5 * HOUR)).toBe(10_000 + 5 * HOUR);
    expect(hourly.anchored(99_000).toJSON()).toEqual(hourly.toJSON());
  });

  test("jitter and late runs do not move the others", () => {
    const hourly = interval({ hours: 1, startDate: 0, jitter: 60 });
    expect(hourly.next(HOUR + 59_000, HOUR, () => 0)).toBe(2 * HOUR);
    expect(hourly.next(0, 0, () => 0.5)).toBe(HOUR + 30_000);
  });

  test("elapsed time does not mind clock changes, and both ends are inclusive", () => {
    const options = {
      days: 1,
      timezone: "Europe/Berlin",
      startDate: "2026-03-28 12:00:00",
      endDate: "2026-03-29 13:00:00",
    };
    expect(fireTimes(interval(options), 0, 9)).toEqual([
      Date.parse("2026-03-28T11:00Z"),
      Date.parse("2026-03-29T11:00Z"),
    ]);
  });

  test.each<[object, RegExp]>([
    [{ seconds: -1 }, /^interval: must not be negative/],
    [{ hours: Number.NaN }, /^hours: must be a number/],
    [{ minute: 5 }, /^minute: interval has no such option/],
    [{ seconds: 1, startDate: "yesterday" }, /^startDate: /],
    [{ seconds: 1, timezone: "Mars/Olympus" }, /^timezone: unknown/],
  ])("%j is an error", (options, message) => {
    expect(() => interval({ ...options, ...("startDate" in options ? {} : { startDate: "2026-01-01" }) })).toThrow(
      message,
    );
  });
});
