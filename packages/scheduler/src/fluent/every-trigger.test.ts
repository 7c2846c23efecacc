import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { isoLocal, localText } from "../time/format.js";
import { triggerFromJSON } from "../triggers/trigger-from-json.js";
import { type EveryOptions, EveryTrigger } from "./every-trigger.js";

const BERLIN = "Europe/Berlin";

/** By hand, from a calendar: what each says, from when, and its next runs when each happens on time. */
const GOLDEN: readonly [string, EveryOptions, string, readonly string[]][] = [
  [
    "an hour is elapsed time when clocks go forward",
    { interval: 1, unit: "hours", timezone: BERLIN },
    "2024-03-31T01:30:00+01:00",
    ["2024-03-31T03:30:00+02:00", "2024-03-31T04:30:00+02:00"],
  ],
  [
    "an hour is elapsed time when clocks go back",
    { interval: 1, unit: "hours", timezone: BERLIN },
    "2024-10-27T02:30:00+02:00",
    ["2024-10-27T02:30:00+01:00", "2024-10-27T03:30:00+01:00"],
  ],
  [
    "a day keeps the wall time when clocks go forward",
    { interval: 1, unit: "days", timezone: BERLIN },
    "2024-03-30T10:00:00+01:00",
    ["2024-03-31T10:00:00+02:00", "2024-04-01T10:00:00+02:00"],
  ],
  [
    "two weeks keep the wall time when clocks go back",
    { interval: 2, unit: "weeks", timezone: BERLIN },
    "2024-10-20T10:00:00+02:00",
    ["2024-11-03T10:00:00+01:00", "2024-11-17T10:00:00+01:00"],
  ],
  [
    "a time inside a gap happens as much later as the gap is long, and is itself again the day after",
    { interval: 1, unit: "days", at: "02:23:00", timezone: BERLIN },
    "2024-03-30T12:00:00+01:00",
    ["2024-03-31T03:23:00+02:00", "2024-04-01T02:23:00+02:00"],
  ],
  [
    "a time that a fold repeats happens once, the first time",
    { interval: 1, unit: "days", at: "02:30:00", timezone: BERLIN },
    "2024-10-26T12:00:00+02:00",
    ["2024-10-27T02:30:00+02:00", "2024-10-28T02:30:00+01:00"],
  ],
  [
    "a weekday's time that has passed is next week's",
    { interval: 1, unit: "weeks", startDay: "wednesday", at: "13:15:00", timezone: "UTC" },
    "2026-01-07T13:15:00Z",
    ["2026-01-14T13:15:00+00:00", "2026-01-21T13:15:00+00:00"],
  ],
  [
    "a weekday's time that is to come is today's",
    { interval: 1, unit: "weeks", startDay: "wednesday", at: "13:15:00", timezone: "UTC" },
    "2026-01-07T13:14:59Z",
    ["2026-01-07T13:15:00+00:00"],
  ],
  [
    "a weekday without a time keeps the time of day, and on that day is a week away",
    { interval: 1, unit: "weeks", startDay: "monday", timezone: "UTC" },
    "2026-01-05T08:00:00Z",
    ["2026-01-12T08:00:00+00:00"],
  ],
  [
    "an interval of several days never happens today, although the time is to come",
    { interval: 3, unit: "days", at: "23:00:00", timezone: "UTC" },
    "2026-01-05T08:00:00Z",
    ["2026-01-08T23:00:00+00:00", "2026-01-11T23:00:00+00:00"],
  ],
  [
    "several hours at a minute begin with the minute of this hour",
    { interval: 3, unit: "hours", at: "00:15:30", timezone: "UTC" },
    "2026-01-05T08:40:00Z",
    ["2026-01-05T11:15:30+00:00", "2026-01-05T14:15:30+00:00"],
  ],
  [
    "several minutes at a second begin with the second of this minute",
    { interval: 20, unit: "minutes", at: "00:00:13", timezone: "UTC" },
    "2026-01-05T08:05:00Z",
    ["2026-01-05T08:25:13+00:00", "2026-01-05T08:45:13+00:00"],
  ],
  [
    "an hour's minute is the zone's, whose offset has a half hour",
    { interval: 10, unit: "hours", at: "00:14:45", timezone: "America/St_Johns" },
    "2024-05-04T01:52:22Z",
    ["2024-05-04T09:14:45-02:30"],
  ],
  [
    "an hourly minute stays when the clock moves by half an hour",
    { interval: 1, unit: "hours", at: "00:45:00", timezone: "Australia/Lord_Howe" },
    "2024-10-05T14:15:00Z",
    ["2024-10-06T01:45:00+10:30", "2024-10-06T02:45:00+11:00", "2024-10-06T03:45:00+11:00"],
  ],
  [
    "both passes through a repeated hour have their minute",
    { interval: 1, unit: "hours", at: "00:30:00", timezone: BERLIN },
    "2024-10-27T01:45:00+02:00",
    ["2024-10-27T02:30:00+02:00", "2024-10-27T02:30:00+01:00", "2024-10-27T03:30:00+01:00"],
  ],
  [
    "a year of 366 days ends on the day after",
    { interval: 366, unit: "days", at: "00:00:00", timezone: "UTC" },
    "2024-01-01T05:00:00Z",
    ["2025-01-01T00:00:00+00:00"],
  ],
  [
    "the day is the zone's, not UTC's",
    { interval: 1, unit: "days", at: "00:30:00", timezone: "Asia/Tokyo" },
    "2026-01-05T15:29:00Z",
    ["2026-01-06T00:30:00+09:00", "2026-01-07T00:30:00+09:00"],
  ],
  [
    "a day that a zone leaves out altogether does not stop it",
    { interval: 1, unit: "days", at: "10:00:00", timezone: "Pacific/Apia" },
    "2011-12-28T12:00:00-10:00",
    ["2011-12-29T10:00:00-10:00", "2011-12-31T10:00:00+14:00"],
  ],
  [
    "milliseconds of an interval without a time are kept",
    { interval: 1, unit: "days", timezone: "UTC" },
    "2026-01-05T08:00:00.250Z",
    ["2026-01-06T08:00:00.250Z"],
  ],
  [
    "until includes its own moment",
    { interval: 1, unit: "hours", timezone: "UTC", until: Date.UTC(2026, 0, 5, 10) },
    "2026-01-05T08:00:00Z",
    ["2026-01-05T09:00:00+00:00", "2026-01-05T10:00:00+00:00", "none"],
  ],
];

describe("EveryTrigger", () => {
  test.each(GOLDEN)("%s", (_name, options, from, expected) => {
    const trigger = triggerFromJSON(JSON.parse(JSON.stringify(new EveryTrigger(options))));
    const now = Date.parse(from);
    let previous: number | null = null;
    for (const text of expected) {
      previous = trigger.next(previous, now);
      const wanted = text === "none" ? null : Date.parse(text);
      expect(previous === null ? null : isoLocal(previous, options.timezone!)).toBe(
        wanted === null ? null : isoLocal(wanted, options.timezone!),
      );
      expect(previous).toBe(wanted);
    }
  });

  test("an interval of a range is drawn anew, both ends included, and without a random it is the shorter one", () => {
    const trigger = new EveryTrigger({ interval: 5, latest: 10, unit: "seconds" });
    expect(trigger.next(null, 0)).toBe(5_000);
    expect(trigger.next(null, 0, () => 0)).toBe(5_000);
    expect(trigger.next(null, 0, () => 1 - 2 ** -53)).toBe(10_000);
  });

  test("it takes the scheduler's zone only when it names none", () => {
    const daily = new EveryTrigger({ interval: 1, unit: "days", at: "10:00:00" });
    expect(daily.inZone("Asia/Tokyo").options.timezone).toBe("Asia/Tokyo");
    expect(daily.inZone("Asia/Tokyo").inZone("UTC").options.timezone).toBe("Asia/Tokyo");
  });

  test("its text says what it is", () => {
    expect(String(new EveryTrigger({ interval: 10, unit: "minutes" }))).toBe("every[10 minutes]");
    expect(String(new EveryTrigger({ interval: 5, latest: 10, unit: "days" }))).toBe("every[5 to 10 days]");
    expect(String(new EveryTrigger({ interval: 1, unit: "hours" }))).toBe("every[hour]");
    const monday = new EveryTrigger({ interval: 1, unit: "weeks", startDay: "monday", at: "13:15:00" });
    expect(String(monday)).toBe("every[monday at 13:15:00]");
  });

  test("an interval beyond what a Date can name is no run", () => {
    expect(new EveryTrigger({ interval: 1e12, unit: "hours" }).next(null, 0)).toBeNull();
  });

  test("in any zone each run is later than the one before, and a day's is at its time unless a gap swallows that", () => {
    const zones = ["UTC", BERLIN, "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "Asia/Kathmandu"];
    const two = (max: number) => fc.integer({ min: 0, max }).map((value) => String(value).padStart(2, "0"));
    const options = fc.record({
      interval: fc.integer({ min: 1, max: 40 }),
      unit: fc.constantFrom("minutes" as const, "hours" as const, "days" as const),
      at: fc.tuple(two(23), two(59), two(59)).map((parts) => parts.join(":")),
      timezone: fc.constantFrom(...zones),
    });
    const from = fc.integer({ min: Date.UTC(2015, 0, 1), max: Date.UTC(2035, 0, 1) });
    fc.assert(
      fc.property(options, from, (every, start) => {
        const trigger = new EveryTrigger(every);
        let at = start;
        for (let run = 0; run < 6; run++) {
          const next = trigger.next(at, 0)!;
          expect(next).toBeGreaterThan(at);
          const shown = localText(next, every.timezone, " ").slice(11);
          const wanted =
            every.unit === "days"
              ? every.at
              : shown.slice(0, every.unit === "hours" ? 3 : 6) + every.at.slice(every.unit === "hours" ? 3 : 6);
          const changed = offset(next - 7_200_000, every.timezone) !== offset(next, every.timezone);
          if (!changed) expect(shown).toBe(wanted);
          at = next;
        }
      }),
      { numRuns: 500, seed: 1 },
    );
  });
});

function offset(at: number, timezone: string): number {
  return Date.parse(`${localText(at, timezone, "T")}Z`) - Math.floor(at / 1_000) * 1_000;
}
