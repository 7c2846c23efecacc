import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { civilFromDays, DAY_MS, daysFromCivil, daysInMonth, isoWeek, weekdayOf } from "./civil.js";

const anyDay = fc.integer({ min: -200_000, max: 2_900_000 });

describe("the calendar on integers", () => {
  test("days and dates are two names of one thing, and agree with Date", () => {
    fc.assert(
      fc.property(anyDay, (days) => {
        const { year, month, day } = civilFromDays(days);
        expect(daysFromCivil(year, month, day)).toBe(days);
        const date = new Date(days * DAY_MS);
        expect([year, month, day]).toEqual([date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate()]);
        expect(weekdayOf(days)).toBe((date.getUTCDay() + 6) % 7);
      }),
    );
  });

  test("a month is as long as the way to the next one", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1600, max: 9998 }), fc.integer({ min: 1, max: 12 }), (year, month) => {
        const next = month === 12 ? daysFromCivil(year + 1, 1, 1) : daysFromCivil(year, month + 1, 1);
        expect(daysInMonth(year, month)).toBe(next - daysFromCivil(year, month, 1));
      }),
    );
  });

  test.each([
    ["2020-12-31", 53],
    ["2021-01-03", 53],
    ["2021-01-04", 1],
    ["2022-01-01", 52],
    ["2024-12-30", 1],
    ["2026-12-31", 53],
    ["2027-01-03", 53],
    ["2026-06-15", 25],
  ])("%s lies in ISO week %i", (date, week) => {
    expect(isoWeek(Date.parse(date) / DAY_MS)).toBe(week);
  });
});
