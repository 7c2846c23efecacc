import { inFull } from "@headline/testkit";
import { describe, expect, test } from "@jest/globals";
import { CronExpressionParser } from "cron-parser";
import { Cron } from "croner";
import fc from "fast-check";
import { fireTimes } from "../../test/fire-times.js";
import { zone } from "../time/zone.js";
import { crontab } from "./crontab.js";

const DAY = 86_400_000;
const RUNS = 5;

const number = (min: number, max: number) => fc.integer({ min, max }).map(String);
const range = (min: number, max: number) =>
  fc.tuple(fc.integer({ min, max: max - 1 }), fc.nat(20)).map(([a, more]) => `${a}-${Math.min(a + 1 + more, max)}`);
const part = (min: number, max: number) =>
  fc.oneof(
    number(min, max),
    range(min, max),
    range(min, max).map((text) => `${text}/2`),
  );
/** No value twice: cron-parser refuses lists that overlap. */
const list = (min: number, max: number) =>
  fc.oneof(
    part(min, max),
    fc.uniqueArray(number(min, max), { minLength: 2, maxLength: 4 }).map((all) => all.join()),
  );
const field = (min: number, max: number) =>
  fc.oneof(
    fc.constant("*"),
    fc.integer({ min: 2, max: 9 }).map((step) => `*/${step}`),
    list(min, max),
  );

/** Either the day or the weekday is a plain star. */
const expression = fc
  .tuple(field(0, 59), field(0, 23), fc.boolean(), field(1, 28), field(1, 12), list(0, 6))
  .map(([minute, hour, onWeekday, day, month, weekday]) =>
    [minute, hour, onWeekday ? "*" : day, month, onWeekday ? weekday : "*"].join(" "),
  );
const bothDays = fc
  .tuple(field(0, 59), field(0, 23), list(1, 28), field(1, 12), list(0, 6))
  .map((fields) => fields.join(" "));

const from = fc
  .integer({ min: Date.UTC(2000, 0, 1) / 1_000, max: Date.UTC(2034, 0, 1) / 1_000 })
  .map((second) => second * 1_000);
const steady = fc.constantFrom("UTC", "Asia/Shanghai", "Asia/Kathmandu", "America/Phoenix", "Etc/GMT-14");
const changing = fc.constantFrom("America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "America/St_Johns");

describe.each<[string, (line: string, timezone: string, from: number) => number[]]>([
  ["croner", byCroner],
  ["cron-parser", byCronParser],
])("the same times as %s", (_, peer) => {
  test("where clocks do not change and the day or the weekday is a plain *", () => {
    fc.assert(
      fc.property(expression, steady, from, (line, timezone, now) => {
        expect(fireTimes(crontab(line, { timezone }), now, RUNS)).toEqual(peer(line, timezone, now));
      }),
      { numRuns: inFull(50, 150) },
    );
  });

  test("when the day and the weekday are both set (without */2 in them, which Vixie takes for a star)", () => {
    fc.assert(
      fc.property(bothDays, steady, from, (line, timezone, now) => {
        expect(fireTimes(crontab(line, { timezone }), now, RUNS)).toEqual(peer(line, timezone, now));
      }),
      { numRuns: inFull(40, 100) },
    );
  });

  test("in zones that change, up to the day before a change (on it each has rules of its own)", () => {
    fc.assert(
      fc.property(expression, changing, from, (line, timezone, now) => {
        const times = fireTimes(crontab(line, { timezone }), now, RUNS);
        const isCalm = (at: number) => zone(timezone).offsetAt(at - DAY) === zone(timezone).offsetAt(at + DAY);
        const isSteady = times.every((at) => zone(timezone).offsetAt(at) === zone(timezone).offsetAt(now));
        fc.pre(isSteady && isCalm(now) && times.every(isCalm));
        expect(times).toEqual(peer(line, timezone, now));
      }),
      { numRuns: inFull(30, 80) },
    );
  });
});

/** Both peers answer with times after the one given, ours with times from it on. */
function byCroner(line: string, timezone: string, now: number): number[] {
  return new Cron(line, { timezone, paused: true }).nextRuns(RUNS, new Date(now - 1_000)).map((at) => at.getTime());
}

function byCronParser(line: string, tz: string, now: number): number[] {
  const expression = CronExpressionParser.parse(line, { tz, currentDate: new Date(now - 1) });
  return Array.from({ length: RUNS }, () => expression.next().getTime());
}
