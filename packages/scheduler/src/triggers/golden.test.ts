import { describe, expect, test } from "@jest/globals";
import { localTimes } from "../../test/fire-times.js";
import { type CronOptions, cron } from "./cron.js";
import { crontab } from "./crontab.js";

/** [fields, zone, now, fire times in local time]; written by hand from a calendar. "none" is no run. */
type Golden<Fields> = readonly [Fields, string, string, readonly string[]];

const CRON: readonly Golden<CronOptions>[] = [
  // Plain fields and what is left out.
  [{ minute: "*/20" }, "UTC", "2026-01-01T00:01Z", ["2026-01-01T00:20+00:00", "2026-01-01T00:40+00:00"]],
  [{ hour: 12, minute: 30 }, "Asia/Shanghai", "2026-01-01T00:00Z", ["2026-01-01T12:30+08:00"]],
  [{ second: 5 }, "UTC", "2026-01-01T00:00:06Z", ["2026-01-01T00:01:05+00:00"]],
  [{ hour: 3 }, "UTC", "2026-01-01T03:00Z", ["2026-01-01T03:00+00:00", "2026-01-02T03:00+00:00"]],
  [{ month: "6-8,11-12", day: "3rd fri", hour: "0-3" }, "UTC", "2026-06-01T00:00Z", ["2026-06-19T00:00+00:00"]],
  [{ year: "*/2", month: 2 }, "UTC", "2027-01-01T00:00Z", ["2028-02-01T00:00+00:00", "2030-02-01T00:00+00:00"]],
  [{ year: 2030 }, "UTC", "2026-01-01T00:00Z", ["2030-01-01T00:00+00:00", "none"]],
  // Days that move.
  [{ day: "last" }, "UTC", "2028-02-01T00:00Z", ["2028-02-29T00:00+00:00", "2028-03-31T00:00+00:00"]],
  [{ day: "last fri" }, "UTC", "2026-01-01T00:00Z", ["2026-01-30T00:00+00:00", "2026-02-27T00:00+00:00"]],
  [{ day: "5th mon" }, "UTC", "2026-01-01T00:00Z", ["2026-03-30T00:00+00:00", "2026-06-29T00:00+00:00"]],
  [{ day: "1st mon,15,last" }, "UTC", "2026-02-01T00:00Z", ["2026-02-02T00:00+00:00", "2026-02-15T00:00+00:00"]],
  [{ day: 31, month: "*/2" }, "UTC", "2026-01-01T00:00Z", ["2026-01-31T00:00+00:00", "2026-03-31T00:00+00:00"]],
  [{ month: 2, day: 29 }, "UTC", "2096-03-01T00:00Z", ["2104-02-29T00:00+00:00"]],
  [{ month: 2, day: 30 }, "UTC", "2026-01-01T00:00Z", ["none"]],
  [{ day: 13, dayOfWeek: "fri" }, "UTC", "2026-01-01T00:00Z", ["2026-02-13T00:00+00:00", "2026-03-13T00:00+00:00"]],
  // Weeks.
  [{ week: 53 }, "UTC", "2026-01-05T00:00Z", ["2026-12-28T00:00+00:00", "2026-12-29T00:00+00:00"]],
  [{ week: 1, day_of_week: "mon" }, "UTC", "2026-01-01T00:00Z", ["2027-01-04T00:00+00:00"]],
  [{ week: 1, dayOfWeek: 0 }, "UTC", "2024-06-01T00:00Z", ["2024-12-30T00:00+00:00", "2025-12-29T00:00+00:00"]],
  [{ week: 53, month: 1, day: 15 }, "UTC", "2026-01-01T00:00Z", ["none"]],
  // Clock changes on the wall clock.
  [{ hour: 0 }, "Europe/Berlin", "2022-03-27T00:00Z", ["2022-03-28T00:00+02:00", "2022-03-29T00:00+02:00"]],
  [{ hour: 2, minute: 30 }, "Europe/Berlin", "2026-03-28T12:00Z", ["2026-03-30T02:30+02:00"]],
  [{ hour: 2, minute: 30 }, "Europe/Berlin", "2026-10-24T12:00Z", ["2026-10-25T02:30+02:00", "2026-10-25T02:30+01:00"]],
  [{ minute: 30 }, "Europe/Berlin", "2026-03-29T00:00Z", ["2026-03-29T01:30+01:00", "2026-03-29T03:30+02:00"]],
  [{ hour: 2 }, "Australia/Lord_Howe", "2026-10-03T12:00Z", ["2026-10-05T02:00+11:00"]],
  [{ day: 30, hour: 12 }, "Pacific/Apia", "2011-12-01T12:00Z", ["2012-01-30T12:00+14:00"]],
  [{ hour: 1 }, "Europe/Dublin", "2026-10-24T12:00Z", ["2026-10-25T01:00+01:00", "2026-10-25T01:00+00:00"]],
  [{ month: 3, day: "2nd sun", hour: 2, minute: 5 }, "America/New_York", "2026-01-01T00:00Z", ["none"]],
  // Clock changes under Vixie cron's rule.
  [{ hour: 2, minute: 30, dst: "once" }, "Europe/Berlin", "2026-03-28T12:00Z", ["2026-03-29T03:00+02:00"]],
  [{ hour: 2, minute: 30, dst: "once" }, "Europe/Berlin", "2026-10-25T00:31Z", ["2026-10-26T02:30+01:00"]],
  [
    { minute: 30, dst: "once" },
    "Europe/Berlin",
    "2026-10-25T00:00Z",
    ["2026-10-25T02:30+02:00", "2026-10-25T02:30+01:00"],
  ],
];

const CRONTAB: readonly Golden<string>[] = [
  ["*/30 1 * * *", "UTC", "2026-01-01T00:00Z", ["2026-01-01T01:00+00:00", "2026-01-01T01:30+00:00"]],
  [
    "0 0 13 * 5",
    "UTC",
    "2026-01-01T00:00Z",
    ["2026-01-02T00:00+00:00", "2026-01-09T00:00+00:00", "2026-01-13T00:00+00:00"],
  ],
  ["0 0 */2 * 1", "UTC", "2026-01-01T00:00Z", ["2026-01-05T00:00+00:00", "2026-01-19T00:00+00:00"]],
  ["0 0 * * 7", "UTC", "2026-01-01T00:00Z", ["2026-01-04T00:00+00:00"]],
  ["0 0 * jan Sun,WED", "UTC", "2026-01-01T00:00Z", ["2026-01-04T00:00+00:00", "2026-01-07T00:00+00:00"]],
  ["@weekly", "UTC", "2026-01-01T00:00Z", ["2026-01-04T00:00+00:00", "2026-01-11T00:00+00:00"]],
  ["@monthly", "UTC", "2026-01-02T00:00Z", ["2026-02-01T00:00+00:00", "2026-03-01T00:00+00:00"]],
  ["@annually", "UTC", "2026-01-02T00:00Z", ["2027-01-01T00:00+00:00"]],
  ["*/90 * * * *", "UTC", "2026-01-01T00:01Z", ["2026-01-01T01:00+00:00"]],
  ["10-5 * * * *", "UTC", "2026-01-01T00:00Z", ["none"]],
  ["0 22-4 * * *", "UTC", "2026-01-01T00:00Z", ["none"]],
  ["0 0 * * fri-sun", "UTC", "2026-01-01T00:00Z", ["none"]],
  ["0 0 30 2 *", "UTC", "2026-01-01T00:00Z", ["none"]],
  ["30 2 * * *", "America/New_York", "2026-03-07T12:00Z", ["2026-03-08T03:00-04:00", "2026-03-09T02:30-04:00"]],
  ["30 1 * * *", "America/New_York", "2026-11-01T00:00Z", ["2026-11-01T01:30-04:00", "2026-11-02T01:30-05:00"]],
  ["0 * * * *", "America/New_York", "2026-03-08T06:00Z", ["2026-03-08T01:00-05:00", "2026-03-08T03:00-04:00"]],
  // Vixie cron takes 3 h forward for somebody setting the clock: nothing is made up for.
  ["30 1 * * *", "Antarctica/Casey", "2016-10-21T14:00Z", ["2016-10-23T01:30+11:00"]],
];

describe("times written by hand", () => {
  test.each(CRON)("cron %j in %s from %s", (fields, timezone, now, expected) => {
    compare(localTimes(cron({ ...fields, timezone }), timezone, now, expected.length), expected);
  });

  test.each(CRONTAB)("crontab %s in %s from %s", (expression, timezone, now, expected) => {
    compare(localTimes(crontab(expression, { timezone }), timezone, now, expected.length), expected);
  });
});

function compare(actual: readonly string[], expected: readonly string[]): void {
  expect(actual).toEqual(expected.filter((text) => text !== "none"));
}
