import { inFull } from "@headline/testkit";
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { fireTimes } from "../../test/fire-times.js";
import { zone } from "../time/zone.js";
import { cron } from "./cron.js";
import { crontab } from "./crontab.js";
import type { Trigger } from "./trigger.js";
import { triggerFromJSON } from "./trigger-from-json.js";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A field's text, and which values it means, decided here and not by the parser under test. */
interface Part {
  readonly text: string;
  readonly has: (value: number) => boolean;
}

const star: Part = { text: "*", has: () => true };
const element = (min: number, max: number): fc.Arbitrary<Part> =>
  fc.oneof(
    fc.integer({ min, max }).map((value): Part => ({ text: String(value), has: (v) => v === value })),
    fc
      .tuple(fc.integer({ min, max }), fc.integer({ min, max }))
      .map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const)
      .map(([a, b]): Part => ({ text: `${a}-${b}`, has: (v) => v >= a && v <= b })),
    fc
      .tuple(fc.integer({ min, max: max - 2 }), fc.integer({ min: 1, max: 2 }))
      .map(([a, step]): Part => ({ text: `${a}-${max}/${step}`, has: (v) => v >= a && (v - a) % step === 0 })),
    fc
      .integer({ min: 1, max: Math.floor((max - min) / 2) })
      .map((step): Part => ({ text: `*/${step}`, has: (v) => (v - min) % step === 0 })),
  );
const field = (min: number, max: number): fc.Arbitrary<Part> =>
  fc.oneof(
    fc.constant(star),
    element(min, max),
    fc.array(element(min, max), { minLength: 2, maxLength: 4 }).map(
      (parts): Part => ({
        text: parts.map(({ text }) => text).join(","),
        has: (value) => parts.some((part) => part.has(value)),
      }),
    ),
  );

const zoneName = fc.constantFrom(...Intl.supportedValuesOf("timeZone"));
const instant = fc.integer({ min: Date.UTC(1990, 0, 1) / MINUTE, max: Date.UTC(2036, 0, 1) / MINUTE });
/** A zone and a moment, every other time within hours of one of its clock changes. */
const place = fc
  .record({ name: zoneName, at: instant, nearby: fc.boolean(), before: fc.integer({ min: 0, max: 240 }) })
  .map(({ name, at, nearby, before }) => {
    const { endMs } = zone(name).spanAt(at * MINUTE);
    return { name, at: nearby && Number.isFinite(endMs) ? endMs - before * MINUTE : at * MINUTE };
  });

const times = fc.record({ hour: field(0, 23), minute: field(0, 59) });
const calendar = fc.record({
  month: field(1, 12),
  day: field(1, 31),
  weekday: fc.oneof({ weight: 3, arbitrary: fc.constant(star) }, field(0, 6)),
  hour: field(0, 23),
  minute: field(0, 59),
  second: field(0, 59),
});

describe("in every zone", () => {
  test("fire times rise strictly, and each shows its fields on the local clock", () => {
    fc.assert(
      fc.property(place, calendar, ({ name, at }, parts) => {
        const { month, day, weekday, hour, minute, second } = parts;
        const fields = { month: month.text, day: day.text, hour: hour.text, minute: minute.text, second: second.text };
        const trigger = cron({ ...fields, dayOfWeek: weekday.text, timezone: name });
        const found = fireTimes(trigger, at, 4);
        let previous = at - 1;
        for (const time of found) {
          expect(time).toBeGreaterThan(previous);
          expect(mismatches(parts, localClock(name, time))).toEqual([]);
          previous = time;
        }
        expect(fireTimes(triggerFromJSON(JSON.parse(JSON.stringify(trigger))), at, 4)).toEqual(found);
      }),
      { numRuns: inFull(60, 400) },
    );
  });

  test("nothing between two fire times would have matched: every minute of nine hours looked at", () => {
    fc.assert(
      fc.property(place, times, ({ name, at }, { hour, minute }) => {
        const trigger = cron({ hour: hour.text, minute: minute.text, timezone: name });
        const expected = minutesFrom(at, 9 * HOUR).filter((time) => {
          const clock = localClock(name, time);
          return clock.second === 0 && hour.has(clock.hour) && minute.has(clock.minute);
        });
        expect(within(trigger, at, 9 * HOUR)).toEqual(expected);
      }),
      { numRuns: inFull(20, 150) },
    );
  });

  test("the same for every second of ten minutes", () => {
    fc.assert(
      fc.property(place, field(0, 59), field(0, 59), ({ name, at }, minute, second) => {
        const trigger = cron({ minute: minute.text, second: second.text, timezone: name });
        const expected = Array.from({ length: 600 }, (_, index) => at + index * 1_000).filter((time) => {
          const clock = localClock(name, time);
          return minute.has(clock.minute) && second.has(clock.second);
        });
        expect(within(trigger, at, 10 * MINUTE)).toEqual(expected);
      }),
      { numRuns: inFull(10, 60) },
    );
  });

  test("once is what the main loop of Vixie cron would do, minute by minute", () => {
    fc.assert(
      fc.property(place, times, ({ name, at }, { hour, minute }) => {
        const expected = playVixie(name, at, 9 * HOUR, hour, minute);
        const fields = { hour: hour.text, minute: minute.text };
        expect(within(cron({ ...fields, dst: "once", timezone: name }), at, 9 * HOUR)).toEqual(expected);
        const line = `${minute.text} ${hour.text} * * *`;
        expect(within(crontab(line, { timezone: name }), at, 9 * HOUR)).toEqual(expected);
      }),
      { numRuns: inFull(20, 150) },
    );
  });
});

test("a fixed time on a day of change runs 0, 1 or 2 times on the wall clock, and under once exactly once", () => {
  const count = (dst: "wall" | "once", date: string) =>
    within(cron({ hour: 2, minute: 30, dst, timezone: "Europe/Berlin" }), Date.parse(date), DAY).length;
  expect([count("wall", "2026-03-28T23:00Z"), count("wall", "2026-10-24T22:00Z")]).toEqual([0, 2]);
  expect([count("once", "2026-03-28T23:00Z"), count("once", "2026-10-24T22:00Z")]).toEqual([1, 1]);
});

function within(trigger: Trigger, from: number, lengthMs: number): number[] {
  const found: number[] = [];
  for (let at = trigger.next(null, from); at !== null && at < from + lengthMs; at = trigger.next(at, at))
    found.push(at);
  return found;
}

function minutesFrom(from: number, lengthMs: number): number[] {
  return Array.from({ length: lengthMs / MINUTE }, (_, index) => from + index * MINUTE);
}

/**
 * cron.c: what a jump forward of less than three hours left out is made up for at once, after a jump back fixed times
 * wait until the clock has caught up. A star in the hours or minutes just follows the clock.
 */
function playVixie(name: string, from: number, lengthMs: number, hour: Part, minute: Part): number[] {
  const isWild = hour.text.startsWith("*") || minute.text.startsWith("*");
  const matches = (local: number) => hour.has(Math.floor(local / 60) % 24) && minute.has(local % 60);
  const runs: number[] = [];
  let virtual = Number.NaN;
  for (const time of minutesFrom(from - 5 * HOUR, lengthMs + 5 * HOUR)) {
    const local = Math.floor(localClock(name, time).epochMs / MINUTE);
    const jump = local - virtual;
    const isFar = Number.isNaN(virtual) || jump > 180 || jump <= -180;
    let runsNow = matches(local);
    if (!isWild && !isFar) {
      runsNow = false;
      for (let missed = virtual + 1; missed <= local; missed++) runsNow ||= matches(missed);
    }
    if (isFar || jump > 0) virtual = local;
    if (runsNow && time >= from) runs.push(time);
  }
  return runs;
}

interface Clock {
  readonly month: number;
  readonly day: number;
  readonly weekday: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly epochMs: number;
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** Wall clock there, by Intl alone. */
function localClock(timeZone: string, at: number): Clock {
  let format = formats.get(timeZone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat("en-US", {
      timeZone,
      hourCycle: "h23",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    });
    formats.set(timeZone, format);
  }
  const [month, day, year, hour, minute, second] = format.format(at).match(/\d+/g)!.map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const epochMs = Date.UTC(year, month - 1, day, hour, minute, second);
  return { month, day, weekday: (new Date(epochMs).getUTCDay() + 6) % 7, hour, minute, second, epochMs };
}

/** Values of the clock that the fields do not have: none, when it fires rightly. */
function mismatches(parts: Readonly<Record<keyof Omit<Clock, "epochMs">, Part>>, clock: Clock): string[] {
  const names = Object.keys(parts) as (keyof typeof parts)[];
  return names.filter((name) => !parts[name].has(clock[name])).map((name) => `${name} ${clock[name]}`);
}
