import { inFull } from "@headline/testkit";
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { fireTimes, localTimes } from "../../test/fire-times.js";
import { formatCrontab } from "../crontab/format-crontab.js";
import { parseCrontab } from "../crontab/parse-crontab.js";
import { crontab } from "./crontab.js";
import { triggerFromJSON } from "./trigger-from-json.js";
import { TriggerSyntaxError } from "./trigger-syntax-error.js";

const DAY_MS = 86_400_000;
const extended = { extended: true, timezone: "UTC" } as const;

describe("the letters of Quartz, as an option", () => {
  test.each([
    ["0 9 L * *", "2026-01-31 2026-02-28 2026-03-31"],
    ["0 9 L-3 * *", "2026-01-28 2026-02-25 2026-03-28"],
    ["0 9 L-30 * ?", "2026-03-01 2026-05-01 2026-07-01"],
    ["0 9 LW * *", "2026-01-30 2026-02-27 2026-03-31"],
    ["0 9 15W * *", "2026-01-15 2026-02-16 2026-03-16"],
    ["0 9 1W * ?", "2026-02-02 2026-03-02 2026-04-01"],
    ["0 9 31W * *", "2026-01-30 2026-03-31 2026-05-29"],
    ["0 9 ? * 5L", "2026-01-30 2026-02-27 2026-03-27"],
    ["0 9 * * FRIL", "2026-01-30 2026-02-27 2026-03-27"],
    ["0 9 * * FRI#3", "2026-01-16 2026-02-20 2026-03-20"],
    ["0 9 * * 0#1,7#2", "2026-01-11 2026-02-01 2026-02-08"],
    ["0 9 * * mon#5", "2026-03-30 2026-06-29 2026-08-31"],
    ["0 9 15,l 2 *", "2026-02-15 2026-02-28 2027-02-15"],
    ["0 9 L * sun#1", "2026-01-31 2026-02-01 2026-02-28"],
  ])("%s", (line, days) => {
    const trigger = crontab(line, extended);
    const expected = days.split(" ").map((day) => `${day}T09:00+00:00`);
    expect(localTimes(trigger, "UTC", "2026-01-05T00:01Z", 3)).toEqual(expected);
    expect(fireTimes(triggerFromJSON(trigger.toJSON()), 0, 3)).toEqual(fireTimes(trigger, 0, 3));
  });

  test("a month's end follows the clocks of its zone", () => {
    const trigger = crontab("30 2 L * *", { extended: true, timezone: "Pacific/Auckland" });
    expect(localTimes(trigger, "Pacific/Auckland", "2026-03-31T00:00Z", 2)).toEqual([
      "2026-04-30T02:30+12:00",
      "2026-05-31T02:30+12:00",
    ]);
  });

  test.each([
    ["0 9 32W * *", "day", 5],
    ["0 9 L-31 * *", "day", 5],
    ["0 9 1-5W * *", "day", 5],
    ["0 9 15,L5 * *", "day", 8],
    ["0 9 * * 8L", "day_of_week", 9],
    ["0 9 * * 5#6", "day_of_week", 9],
    ["0 9 * * L", "day_of_week", 9],
    ["0 L * * *", "hour", 3],
    ["? 9 * * *", "minute", 1],
  ])("%s is an error in that field and column", (line, field, column) => {
    expect(() => crontab(line, extended)).toThrow(TriggerSyntaxError);
    expect(() => crontab(line, extended)).toThrow(expect.objectContaining({ field, column }));
  });

  test("without the option Vixie's syntax stays, and the error names the option", () => {
    expect(() => crontab("0 9 L * *")).toThrow("extended: true");
    expect(() => crontab("0 9 * * 5#3")).toThrow("CRON_EXTENDED=yes");
    expect(() => crontab("0 9 * * *", { extended: "yes" as never })).toThrow("extended: must be true or false");
    expect(JSON.stringify(crontab("0 9 * * *", extended))).toBe(
      JSON.stringify(crontab("0 9 * * *", { timezone: "UTC" })),
    );
  });

  test("each is what walking the days of twelve years finds", () => {
    fc.assert(
      fc.property(
        fc.array(part, { minLength: 1, maxLength: 3 }),
        fc.integer({ min: 1970, max: 2090 }),
        (parts, year) => {
          const from = Date.UTC(year, 0, 1);
          const trigger = crontab(`0 0 ${parts.map(({ text }) => text).join(",")} * ?`, extended);
          const days = Array.from({ length: 4_383 }, (_, index) => from + index * DAY_MS);
          const expected = days.filter((day) => parts.some(({ has }) => has(new Date(day))));
          expect(fireTimes(trigger, from, expected.length)).toEqual(expected);
        },
      ),
      { numRuns: inFull(15, 300) },
    );
    fc.assert(
      fc.property(
        fc.array(weekdayPart, { minLength: 1, maxLength: 3 }),
        fc.integer({ min: 1970, max: 2090 }),
        (parts, year) => {
          const from = Date.UTC(year, 0, 1);
          const trigger = crontab(`0 0 ? * ${parts.map(({ text }) => text).join(",")}`, extended);
          const days = Array.from({ length: 4_383 }, (_, index) => from + index * DAY_MS);
          const expected = days.filter((day) => parts.some(({ has }) => has(new Date(day))));
          expect(fireTimes(trigger, from, expected.length)).toEqual(expected);
        },
      ),
      { numRuns: inFull(15, 300) },
    );
  });
});

test("a crontab file says that the lines below are extended, and is written as it was read", () => {
  const text = "0 9 * * 1 before\nCRON_EXTENDED=yes\n0 9 LW * ? pay\nCRON_EXTENDED=no\n0 9 * * 2 after\n";
  const { entries, errors } = parseCrontab(text, { timezone: "UTC" });
  expect(errors).toEqual([]);
  expect(entries.map(({ extended = false }) => extended)).toEqual([false, true, false]);
  expect(formatCrontab(entries)).toBe(text);
  expect(parseCrontab("CRON_EXTENDED=perhaps\n").errors[0]?.message).toContain("CRON_EXTENDED: must be yes or no");
  expect(parseCrontab("0 9 LW * * pay\n").errors[0]?.message).toContain("CRON_EXTENDED=yes");
});

/** A part of a field and the days it means, found by looking at the days around. */
interface Part {
  readonly text: string;
  readonly has: (day: Date) => boolean;
}

const SHORT = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
const shifted = (day: Date, days: number) => new Date(day.getTime() + days * DAY_MS);
const isSameMonth = (a: Date, b: Date) => a.getUTCMonth() === b.getUTCMonth();
const isWorkingDay = (day: Date) => day.getUTCDay() >= 1 && day.getUTCDay() <= 5;
const daysAfter = (day: Date) => {
  let count = 0;
  while (isSameMonth(day, shifted(day, count + 1))) count++;
  return count;
};
/** The nearest Monday to Friday of the month: of two that are equally near there is never a question. */
const isNearest = (day: Date, isWanted: (other: Date) => boolean) => {
  const wanted = [0, 1, -1, 2, -2]
    .map((days) => shifted(day, days))
    .find((other) => isSameMonth(day, other) && isWanted(other));
  if (wanted === undefined) return false;
  const nearest = [0, -1, 1, -2, 2]
    .map((days) => shifted(wanted, days))
    .find((other) => isSameMonth(other, wanted) && isWorkingDay(other));
  return nearest?.getTime() === day.getTime();
};

const part: fc.Arbitrary<Part> = fc.oneof(
  fc.constant<Part>({ text: "L", has: (day) => daysAfter(day) === 0 }),
  fc.constant<Part>({ text: "LW", has: (day) => isNearest(day, (other) => daysAfter(other) === 0) }),
  fc.integer({ min: 1, max: 30 }).map((n): Part => ({ text: `L-${n}`, has: (day) => daysAfter(day) === n })),
  fc
    .integer({ min: 1, max: 31 })
    .map((n): Part => ({ text: `${n}W`, has: (day) => isNearest(day, (other) => other.getUTCDate() === n) })),
  fc.integer({ min: 1, max: 31 }).map((n): Part => ({ text: `${n}`, has: (day) => day.getUTCDate() === n })),
);

const weekdayPart: fc.Arbitrary<Part> = fc.oneof(
  fc.integer({ min: 0, max: 7 }).map(
    (n): Part => ({
      text: n === 3 ? "wedL" : `${n}L`,
      has: (day) => day.getUTCDay() === n % 7 && !isSameMonth(day, shifted(day, 7)),
    }),
  ),
  fc.tuple(fc.integer({ min: 0, max: 6 }), fc.integer({ min: 1, max: 5 })).map(
    ([n, nth]): Part => ({
      text: `${SHORT[n]}#${nth}`,
      has: (day) => day.getUTCDay() === n && Math.ceil(day.getUTCDate() / 7) === nth,
    }),
  ),
);
