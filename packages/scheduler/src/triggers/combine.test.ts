import { describe, expect, test } from "@jest/globals";
import { localTimes } from "../../test/fire-times.js";
import { allOf, anyOf } from "./combine.js";
import { cron } from "./cron.js";
import { interval } from "./interval.js";
import { withTimezone } from "./with-timezone.js";

const utc = (fields: object) => cron({ ...fields, timezone: "UTC" });

describe("anyOf", () => {
  test("runs whenever one says so, and once when two say the same", () => {
    const either = anyOf(utc({ hour: 3 }), utc({ hour: "3,5" }));
    expect(localTimes(either, "UTC", "2026-01-01T00:00Z", 3)).toEqual([
      "2026-01-01T03:00+00:00",
      "2026-01-01T05:00+00:00",
      "2026-01-02T03:00+00:00",
    ]);
    expect(String(either)).toBe("or[cron[hour='3'], cron[hour='3,5']]");
  });

  test("ends when all have ended", () => {
    expect(anyOf(utc({ year: 2020 }), utc({ year: 2021 })).next(null, Date.UTC(2022))).toBeNull();
  });
});

describe("allOf", () => {
  test("runs when all say so", () => {
    const both = allOf(utc({ day: 13 }), utc({ dayOfWeek: "fri" }));
    expect(localTimes(both, "UTC", "2026-01-01T00:00Z", 2)).toEqual([
      "2026-02-13T00:00+00:00",
      "2026-03-13T00:00+00:00",
    ]);
  });

  test("an interval meets a calendar", () => {
    const both = allOf(interval({ hours: 5, startDate: "2026-01-01", timezone: "UTC" }), utc({ hour: 0 }));
    expect(localTimes(both, "UTC", "2026-01-01T01:00Z", 2)).toEqual([
      "2026-01-06T00:00+00:00",
      "2026-01-11T00:00+00:00",
    ]);
  });

  test("gives up on what never meets", () => {
    expect(allOf(utc({ minute: 0 }), utc({ minute: 1 })).next(null, 0)).toBeNull();
  });
});

test("options follow the triggers: jitter delays the whole", () => {
  expect(allOf(utc({ minute: 1 }), { jitter: 10 }).next(null, 0, () => 0.5)).toBe(65_000);
  expect(anyOf(utc({ minute: 1 }), { jitter: 10 }).next(null, 0)).toBe(60_000);
});

test("a default zone reaches the parts", () => {
  expect(withTimezone(anyOf(cron({ hour: 12 })), "Asia/Tokyo").next(null, 0)).toBe(3 * 3_600_000);
});

test("without a trigger there is nothing to combine", () => {
  expect(() => anyOf()).toThrow(/^triggers: /);
});

test.each([
  [
    "a list",
    [cron({ hour: 1 }), cron({ hour: 2 })],
    "triggers[0]: must be a trigger, such as interval({ minutes: 5 }); write the",
  ],
  ["a text", "0 0 * * *", "triggers[0]: must be a trigger, such as interval({ minutes: 5 })"],
])("%s is no trigger of a combination", (_what, given, message) => {
  expect(() => anyOf(given as never)).toThrow(message);
  expect(() => allOf(given as never, { jitter: 5 })).toThrow(message);
});
