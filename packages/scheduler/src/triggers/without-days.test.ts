import { inFull } from "@headline/testkit";
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { fireTimes, localTimes } from "../../test/fire-times.js";
import { formatCrontab } from "../crontab/format-crontab.js";
import { parseCrontab } from "../crontab/parse-crontab.js";
import { every, ScheduleBook } from "../fluent/index.js";
import { zone } from "../time/zone.js";
import { calendarInterval } from "./calendar-interval.js";
import { anyOf } from "./combine.js";
import { cron } from "./cron.js";
import { crontab } from "./crontab.js";
import { date } from "./date.js";
import { interval } from "./interval.js";
import type { Trigger } from "./trigger.js";
import { triggerFromJSON } from "./trigger-from-json.js";
import { type WithoutDaysOptions, withoutDays } from "./without-days.js";

const DAY_MS = 86_400_000;
const MONDAY = "2026-01-05T00:01Z";
const runs = (trigger: Trigger, count: number, now = MONDAY) =>
  localTimes(trigger, "UTC", now, count).map((text) => text.slice(0, 16));
const utc = { timezone: "UTC" } as const;

describe("days to leave out", () => {
  test.each<[string, Trigger, WithoutDaysOptions, string[]]>([
    ["a date", cron({ hour: 9, ...utc }), { days: ["2026-01-06"] }, ["2026-01-05T09:00", "2026-01-07T09:00"]],
    ["weekdays", cron({ hour: 9, ...utc }), { days: ["mon", "TUE", "wed"] }, ["2026-01-08T09:00", "2026-01-09T09:00"]],
    [
      "a range",
      cron({ hour: 9, ...utc }),
      { days: ["2026-01-05/2026-02-01"] },
      ["2026-02-02T09:00", "2026-02-03T09:00"],
    ],
    ["every year", cron({ day: 1, ...utc }), { days: ["02-01", "03-01"] }, ["2026-04-01T00:00", "2026-05-01T00:00"]],
    [
      "over the new year",
      cron({ day: 1, ...utc }),
      { days: ["12-24/01-02", "02-01/11-30"] },
      ["2026-12-01T00:00", "2027-12-01T00:00"],
    ],
    [
      "moved",
      cron({ hour: 9, ...utc }),
      { days: ["01-06"], instead: "next" },
      ["2026-01-05T09:00", "2026-01-07T09:00"],
    ],
    [
      "moved over a weekend",
      cron({ day: 1, hour: 9, ...utc }),
      { days: ["sat", "sun"], instead: "next" },
      ["2026-02-02T09:00", "2026-03-02T09:00"],
    ],
    [
      "moved beside others",
      cron({ dayOfWeek: "sat,mon", hour: "9", minute: "0,30", ...utc }),
      { days: ["sat", "sun", "01-12"], instead: "next" },
      ["2026-01-05T09:00", "2026-01-05T09:30", "2026-01-13T09:00", "2026-01-13T09:30"],
    ],
    ["a crontab line", crontab("0 9 * * *", utc), { days: ["2026-01-05"] }, ["2026-01-06T09:00"]],
    [
      "a calendar interval",
      calendarInterval({ days: 2, hour: 9, startDate: "2026-01-05", ...utc }),
      { days: ["wed"] },
      ["2026-01-05T09:00", "2026-01-09T09:00"],
    ],
    [
      "an interval",
      interval({ hours: 12, startDate: "2026-01-05", ...utc }),
      { days: ["2026-01-05"] },
      ["2026-01-06T00:00", "2026-01-06T12:00"],
    ],
    [
      "a date that is moved",
      date({ runAt: "2026-01-10 12:00", ...utc }),
      { days: ["sat", "sun"], instead: "next" },
      ["2026-01-12T12:00"],
    ],
    [
      "a combination",
      anyOf(cron({ hour: 1, ...utc }), cron({ hour: 2, ...utc })),
      { days: ["2026-01-05"] },
      ["2026-01-06T01:00", "2026-01-06T02:00"],
    ],
  ])("%s", (_name, trigger, options, expected) => {
    const without = withoutDays(trigger, options);
    expect(runs(without, expected.length)).toEqual(expected);
    expect(fireTimes(triggerFromJSON(JSON.parse(JSON.stringify(without))), 0, 5)).toEqual(fireTimes(without, 0, 5));
  });

  test("a day is the one of the trigger's zone, or of the zone that is given", () => {
    const tokyo = cron({ hour: 8, timezone: "Asia/Tokyo" });
    expect(runs(withoutDays(tokyo, { days: ["2026-01-06"] }), 1)).toEqual(["2026-01-06T23:00"]);
    expect(runs(withoutDays(tokyo, { days: ["2026-01-06"], ...utc }), 1)).toEqual(["2026-01-05T23:00"]);
  });

  test("a delay over midnight loses no run, and passes no other", () => {
    const trigger = withoutDays(cron({ hour: 23, minute: 59, jitter: 3_600, ...utc }), { days: ["2026-01-06"] });
    const at = trigger.next(null, Date.parse(MONDAY), () => 0.9)!;
    expect(new Date(at).toISOString().slice(0, 10)).toBe("2026-01-06");
    expect(new Date(trigger.next(at, at, () => 0)!).toISOString()).toBe("2026-01-07T23:59:00.000Z");
  });

  test.each<[unknown, string]>([
    [["2026-02-30"], 'days: "2026-02-30" is no date'],
    [["13-01"], "is no date"],
    [["saturday"], "neither a weekday"],
    [["2026-01-05/2026-01-01"], "the wrong way round"],
    [["2026-01-05/01-06"], "is no range"],
    [["mon", "tue", "wed", "thu", "fri", "sat", "sun"], "leave no day"],
    [["01-01/12-31"], "leave no day"],
    [[() => true], "a function cannot be stored"],
    ["sat", "must be a list of days"],
    [undefined, "must be a list of days"],
  ])("%j is refused by name", (days, message) => {
    expect(() => withoutDays(cron({ hour: 9 }), { days: days as string[] })).toThrow(message);
  });

  test("what contradicts itself is refused by name", () => {
    const book = new ScheduleBook();
    const counting = every(2).hours.do(() => {}).trigger;
    expect(() => withoutDays(counting, { days: ["sat"], instead: "next" })).toThrow("instead: every[2 hours] counts");
    expect(() => withoutDays(cron({ hour: 9 }), { days: ["sat"], instead: "before" as never })).toThrow("instead:");
    expect(() => withoutDays(cron({ hour: 9 }), { dates: ["sat"] } as never)).toThrow("dates: withoutDays has no such");
    book.clear();
  });
});

test("a moved or skipped run is what moving or skipping each by hand gives", () => {
  fc.assert(
    fc.property(scene, ({ name, from, hours, minute, days, weekdays, instead }) => {
      const clock = zone(name);
      const trigger = cron({ hour: hours.join(","), minute, timezone: name });
      const dayOf = (at: number) => Math.floor((at + clock.offsetAt(at)) / DAY_MS);
      const texts = [
        ...days.map((day) => new Date((dayOf(from) + day) * DAY_MS).toISOString().slice(0, 10)),
        ...weekdays,
      ];
      const isOut = (day: number) =>
        days.some((each) => dayOf(from) + each === day) ||
        weekdays.includes(WEEKDAYS[new Date(day * DAY_MS).getUTCDay()]!);
      const expected = new Set<number>();
      for (let at = trigger.next(null, from - 12 * DAY_MS)!; at < from + 20 * DAY_MS; at = trigger.next(at, at)!) {
        let day = dayOf(at);
        if (isOut(day) && instead === "skip") continue;
        while (isOut(day)) day++;
        const moved = day === dayOf(at) ? at : clock.toInstant(at + clock.offsetAt(at) + (day - dayOf(at)) * DAY_MS);
        if (moved >= from && moved < from + 20 * DAY_MS) expected.add(moved);
      }
      const without = withoutDays(trigger, { days: texts, instead });
      const sorted = [...expected].sort((a, b) => a - b);
      expect(fireTimes(without, from, sorted.length)).toEqual(sorted);
      for (const at of sorted.slice(0, 3)) expect(without.next(null, at)).toBe(at);
    }),
    { numRuns: inFull(80, 400) },
  );
});

const WEEKDAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
const scene = fc
  .record({
    name: fc.constantFrom(
      "UTC",
      "Europe/Berlin",
      "America/New_York",
      "Australia/Lord_Howe",
      "America/Santiago",
      "Asia/Beirut",
    ),
    at: fc.integer({ min: Date.UTC(2000, 0, 1) / DAY_MS, max: Date.UTC(2036, 0, 1) / DAY_MS }),
    isNearChange: fc.boolean(),
    before: fc.integer({ min: 0, max: 5 * 24 }),
    hours: fc.uniqueArray(fc.integer({ min: 0, max: 23 }), { minLength: 1, maxLength: 3 }),
    minute: fc.constantFrom(0, 15, 30, 59),
    days: fc.uniqueArray(fc.integer({ min: -3, max: 12 }), { maxLength: 8 }),
    weekdays: fc.uniqueArray(fc.constantFrom(...WEEKDAYS), { maxLength: 4 }),
    instead: fc.constantFrom("skip" as const, "next" as const),
  })
  .map(({ at, isNearChange, before, ...rest }) => {
    const { endMs } = zone(rest.name).spanAt(at * DAY_MS);
    const from = isNearChange && Number.isFinite(endMs) ? endMs - before * 3_600_000 : at * DAY_MS + before * 3_600_000;
    return { ...rest, from };
  });

test("every() leaves days out: days keep their rhythm, shorter steps begin behind them", () => {
  const at = Date.parse("2026-01-05T00:01Z");
  const trigger = (job: { trigger: Trigger }) => job.trigger;
  const daily = trigger(
    every()
      .day.at("09:00", "UTC")
      .except("tue", "01-07")
      .do(() => {}),
  );
  expect(runs(daily, 3)).toEqual(["2026-01-05T09:00", "2026-01-08T09:00", "2026-01-09T09:00"]);
  const second = trigger(
    every(2)
      .days.at("09:00", "UTC")
      .except("2026-01-07")
      .do(() => {}),
  );
  expect(runs(second, 2)).toEqual(["2026-01-09T09:00", "2026-01-11T09:00"]);
  const hourly = every(5)
    .hours.except("2026-01-05")
    .do(() => {})
    .trigger.inZone("UTC");
  expect(new Date(hourly.next(null, at)!).toISOString().slice(0, 10)).not.toBe("2026-01-05");
  expect(String(daily)).toBe("every[day at 09:00:00 without tue, 01-07]");
  expect(() => every().day.except("someday")).toThrow("neither a weekday");
});

test("a crontab file leaves days out for the lines below", () => {
  const text = 'CRON_WITHOUT_DAYS=sat,12-24/01-06\n0 9 * * * report\nCRON_WITHOUT_DAYS=""\n0 9 * * * again\n';
  const { entries, errors } = parseCrontab(text, utc);
  expect(errors).toEqual([]);
  expect(entries.map(({ trigger }) => runs(trigger, 2))).toEqual([
    ["2026-01-07T09:00", "2026-01-08T09:00"],
    ["2026-01-05T09:00", "2026-01-06T09:00"],
  ]);
  expect(formatCrontab(entries)).toBe(text);
  expect(parseCrontab("CRON_WITHOUT_DAYS=xmas\n").errors[0]?.message).toContain("CRON_WITHOUT_DAYS: ");
});
