import { describe, expect, test } from "@jest/globals";
import { fireTimes } from "../../test/fire-times.js";
import { type CronOptions, cron } from "./cron.js";
import { TriggerSyntaxError } from "./trigger-syntax-error.js";

describe("cron", () => {
  test.each<[CronOptions, string]>([
    [{ month: "6-8, 11-12", day: "3RD Fri", hour: "0-3" }, "cron[month='6-8,11-12', day='3rd fri', hour='0-3']"],
    [{ minute: "*/5" }, "cron[minute='*/5']"],
    [{ dayOfWeek: "MON-FRI", hour: 6 }, "cron[day_of_week='mon-fri', hour='6']"],
    [{ dayOfWeek: "sat-sat", minute: "9-9,07" }, "cron[day_of_week='sat', minute='9,7']"],
    [{}, "cron[]"],
  ])("%j prints as APScheduler does", (options, text) => {
    expect(String(cron(options))).toBe(text);
  });

  test.each<[CronOptions, string, number]>([
    [{ hour: "1-5,6-2" }, "hour", 5],
    [{ minute: "5-" }, "minute", 1],
    [{ hour: "1-5/5" }, "hour", 1],
    [{ minute: "*/60" }, "minute", 1],
    [{ second: "1.5" }, "second", 1],
    [{ second: 1.5 }, "second", 1],
    [{ day: 0 }, "day", 1],
    [{ day: "lastx" }, "day", 1],
    [{ day: "1, 6th fri" }, "day", 4],
    [{ dayOfWeek: 7 }, "day_of_week", 1],
    [{ dayOfWeek: "sun-mon" }, "day_of_week", 1],
    [{ month: "nov-feb" }, "month", 1],
    [{ month: "foo" }, "month", 1],
    [{ week: 54 }, "week", 1],
    [{ year: 1969 }, "year", 1],
    [{ hour: "1,,2" }, "hour", 3],
    [{ hour: "" }, "hour", 1],
    [{ hours: 3 } as CronOptions, "hours", 1],
    [{ dst: "never" as "once" }, "dst", 1],
  ])("%j is a syntax error in that field and column", (options, field, column) => {
    const error = errorOf(() => cron(options)) as TriggerSyntaxError;
    expect(error).toBeInstanceOf(TriggerSyntaxError);
    expect(error.message).toMatch(new RegExp(`^${field}: `));
    expect(error).toMatchObject({ field, column });
  });

  test("start and end are inclusive, in local time, under APScheduler's names as well", () => {
    const daily = cron({
      hour: 3,
      start_date: "2026-01-02 03:00:00",
      endDate: "2026-01-03 03:00:00",
      timezone: "Asia/Shanghai",
    });
    expect(fireTimes(daily, 0, 9).map((at) => new Date(at).toISOString())).toEqual([
      "2026-01-01T19:00:00.000Z",
      "2026-01-02T19:00:00.000Z",
    ]);
  });

  test("jitter delays, up to its seconds and never beyond the end", () => {
    const jittered = cron({ minute: "*", jitter: 10, endDate: "1970-01-01 00:01:04", timezone: "UTC" });
    expect(jittered.next(null, 0, () => 0.5)).toBe(5_000);
    expect(jittered.next(5_000, 0, () => 0.999)).toBe(64_000);
    expect(jittered.next(null, 0)).toBe(0);
    expect(() => cron({ jitter: -1 })).toThrow(/^jitter: /);
  });

  test("a bare weekday number is worth a warning, a name or a star is not", () => {
    expect(cron({ dayOfWeek: "0-4/2" }).warnings).toEqual([expect.stringContaining("0 = Monday")]);
    expect(cron({ dayOfWeek: "mon-fri" }).warnings).toEqual([]);
    expect(cron({ dayOfWeek: "*/2" }).warnings).toEqual([]);
  });

  test("a zone fills in where none is named, and only there", () => {
    const noon = cron({ hour: 12 });
    expect(noon.inZone("Asia/Tokyo").next(null, 0)).toBe(3 * 3_600_000);
    expect(noon.inZone("Asia/Tokyo").inZone("UTC").next(null, 0)).toBe(3 * 3_600_000);
  });
});

function errorOf(act: () => unknown): unknown {
  try {
    return act();
  } catch (error) {
    return error;
  }
}
