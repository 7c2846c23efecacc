import { inFull } from "@headline/testkit";
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { localZoneName } from "./local-zone.js";
import { zone } from "./zone.js";

const HOUR = 3_600_000;

describe("zone", () => {
  test("offsets equal Intl's in every zone, from 1850 to 9000", () => {
    const names = fc.constantFrom(...Intl.supportedValuesOf("timeZone"));
    const second = fc.integer({ min: Date.UTC(1850, 0, 1) / 1_000, max: Date.UTC(9000, 0, 1) / 1_000 });
    const recent = fc.integer({ min: Date.UTC(1970, 0, 1) / 1_000, max: Date.UTC(2040, 0, 1) / 1_000 });
    fc.assert(
      fc.property(names, recent, (name, at) => {
        expect(zone(name).offsetAt(at * 1_000)).toBe(intlOffset(name, at * 1_000));
      }),
      { numRuns: inFull(100, 300) },
    );
    const few = fc.constantFrom("Africa/Casablanca", "America/New_York", "Europe/Dublin", "Australia/Lord_Howe");
    fc.assert(
      fc.property(few, second, (name, at) => {
        expect(zone(name).offsetAt(at * 1_000)).toBe(intlOffset(name, at * 1_000));
      }),
      { numRuns: inFull(100, 300) },
    );
  });

  test("a span is of one offset, ends where the next begins, and is one with it only where reading stopped", () => {
    const berlin = zone("Europe/Berlin");
    let span = berlin.spanAt(Date.UTC(2026, 0, 1));
    const changes: string[] = [];
    while (span.endMs < Date.UTC(2029, 0, 1)) {
      const next = berlin.spanAt(span.endMs);
      expect(next.startMs).toBeLessThanOrEqual(span.endMs);
      if (next.offsetMs !== span.offsetMs) changes.push(new Date(span.endMs).toISOString().slice(0, 16));
      span = next;
    }
    expect(changes).toEqual([
      "2026-03-29T01:00",
      "2026-10-25T01:00",
      "2027-03-28T01:00",
      "2027-10-31T01:00",
      "2028-03-26T01:00",
      "2028-10-29T01:00",
    ]);
  });

  test.each([
    ["a plain time", "Asia/Shanghai", "2026-01-05T00:00", "2026-01-04T16:00Z"],
    ["a gap: the later instant", "Europe/Berlin", "2026-03-29T02:30", "2026-03-29T01:30Z"],
    ["a fold: the earlier one", "Europe/Berlin", "2026-10-25T02:30", "2026-10-25T00:30Z"],
    ["a half-hour gap", "Australia/Lord_Howe", "2026-10-04T02:15", "2026-10-03T15:45Z"],
    ["a gap of two hours", "Antarctica/Troll", "2026-03-29T01:30", "2026-03-29T01:30Z"],
    ["a skipped day", "Pacific/Apia", "2011-12-30T12:00", "2011-12-30T22:00Z"],
    ["negative summer time", "Europe/Dublin", "2026-10-25T01:30", "2026-10-25T00:30Z"],
    ["Ramadan's fold", "Africa/Casablanca", "2026-02-15T02:30", "2026-02-15T01:30Z"],
  ])("toInstant reads %s", (_, name, local, instant) => {
    expect(new Date(zone(name).toInstant(Date.parse(`${local}Z`))).toISOString()).toBe(new Date(instant).toISOString());
  });

  test.each([
    ["MST", -7 * HOUR],
    ["US/Eastern", -5 * HOUR],
    ["Etc/GMT-14", 14 * HOUR],
    ["UTC", 0],
    ["Asia/Kathmandu", 5.75 * HOUR],
  ])("%s is known", (name, offset) => {
    expect(zone(name).offsetAt(Date.UTC(2026, 0, 1))).toBe(offset);
  });

  test("seconds of local mean time are kept", () => {
    expect(zone("Asia/Shanghai").offsetAt(Date.UTC(1890, 0, 1))).toBe(8 * HOUR + 5 * 60_000 + 43_000);
    expect(zone("America/New_York").offsetAt(Date.UTC(1880, 0, 1))).toBe(-(4 * HOUR + 56 * 60_000 + 2_000));
  });

  test("UTC has one span without an end", () => {
    expect(zone("UTC").spanAt(0)).toEqual({
      startMs: Number.NEGATIVE_INFINITY,
      endMs: Number.POSITIVE_INFINITY,
      offsetMs: 0,
    });
  });

  test("an unknown name is an error that names the field", () => {
    expect(() => zone("Mars/Olympus")).toThrow(new RangeError('timezone: unknown time zone "Mars/Olympus"'));
  });

  test("the machine's own zone is a known one", () => {
    expect(() => zone(localZoneName())).not.toThrow();
  });
});

/** By the fields that Intl prints, not by its offset text. */
function intlOffset(timeZone: string, at: number): number {
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  });
  const numbers = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
  const { year, month, day, hour, minute, second } = numbers;
  return Date.UTC(year!, month! - 1, day!, hour!, minute!, second!) - at;
}
