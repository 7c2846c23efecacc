import { describe, expect, test } from "@jest/globals";
import { anyOf } from "./combine.js";
import { cron } from "./cron.js";
import { crontab } from "./crontab.js";
import { TriggerSyntaxError } from "./trigger-syntax-error.js";

describe("crontab", () => {
  test.each([
    ["* 24 * * *", "hour", 3],
    ["60 * * * *", "minute", 1],
    ["* * 0 * *", "day", 5],
    ["* * * 13 *", "month", 7],
    ["* * * * 1-8", "day_of_week", 9],
    ["* * * * foo", "day_of_week", 9],
    ["5/15 * * * *", "minute", 1],
    ["*/0 * * * *", "minute", 1],
    ["1,,2 * * * *", "minute", 3],
    ["1,2, * * * *", "minute", 5],
    ["0x10 * * * *", "minute", 1],
    ["? * * * *", "minute", 1],
    ["-5 * * * *", "minute", 1],
    ["* * * jan 5L", "day_of_week", 11],
    ["* * * * 5#3", "day_of_week", 9],
    ["1-5/2/3 * * * *", "minute", 1],
    ["*5 * * * *", "minute", 1],
    ["* * * *", "crontab", 1],
    ["* * * * * *", "crontab", 1],
    ["", "crontab", 1],
    ["@", "crontab", 1],
    ["@Daily", "crontab", 1],
    ["@every 5m", "crontab", 1],
    ["@constructor", "crontab", 1],
  ])("%j is an error in that field and column", (expression, field, column) => {
    const error = errorOf(() => crontab(expression)) as TriggerSyntaxError;
    expect(error).toBeInstanceOf(TriggerSyntaxError);
    expect(error).toMatchObject({ field, column });
  });

  test.each([
    ["0/15 * * * *", "write 0-59/15"],
    ["0 8/4 * * *", "write 8-23/4"],
    ["0 0 * jan/3 *", "write 1-12/3"],
    ["0 0 * * mon/2", "write 1-6/2"],
    ["0 0 ? * 1", "write *"],
    ["0~30 * * * *", "write 0 and the option jitter: 1800 (in a crontab file RANDOM_DELAY=30)"],
    ["0 9~17 * * *", "write one value, such as 9"],
    ["H 3 * * *", "write a fixed value from 0 to 59"],
    ["0 9 L * *", 'write cron({ day: "last", hour: "9", minute: "0" })'],
    ["0 9 15,L 6 ?", 'write cron({ month: "6", day: "15,last", hour: "9", minute: "0" })'],
    ["0 9 LW * *", "write 26-31 and let the task see whether this is the day"],
    ["0 9 L-3 * *", "write 25-28 and let the task"],
    [
      "0 9 15W * *",
      'write anyOf(cron({ day: "15", dayOfWeek: "mon-fri", hour: "9", minute: "0" }), cron({ day: "14", dayOfWeek: "fri", hour: "9", minute: "0" }), cron({ day: "16", dayOfWeek: "mon", hour: "9", minute: "0" }))',
    ],
    ["0 9 30W * *", "write 28-31 and let the task"],
    ["0 9 * * 5L", 'write cron({ day: "last fri", hour: "9", minute: "0" })'],
    ["0 9 * * FRI#3,0#1", 'write cron({ day: "3rd fri,1st sun", hour: "9", minute: "0" })'],
    ["0 9 1 * 5#3", 'write cron({ day: "3rd fri", hour: "…", minute: "…" })'],
    ["0 9 * * L", "write sat"],
    ["0 9 * * monday-friday", "write mon-fri"],
    ["0 9 * sept *", "write sep"],
    ["0 */5 * * * *", 'write "*/5 * * * *"'],
    ["*/10 * * * * 1-5", 'write cron({ dayOfWeek: "mon-fri", hour: "*", minute: "*", second: "*/10" })'],
    ["0 0 12 ? * MON-FRI", 'write "0 12 * * MON-FRI"'],
    ["0 0 12 1 1 ? 2030", 'write cron({ year: "2030", month: "1", day: "1", hour: "12", minute: "0", second: "0" })'],
    ["0 0 9 ? * 6L", "with weekdays as names"],
    ["0 9 L,15W * *", 'write cron({ day: "last", hour: "…", minute: "…" })'],
    ["0 10 * * ? *", 'a year at the end is not read: write "0 10 * * *"'],
    ["@Daily", "write @daily"],
    ["@every_minute", "write * * * * *"],
    ["@every 1h30m", "write interval({ hours: 1, minutes: 30 })"],
    ["@every", "write fields, such as */5 * * * *"],
  ])("%j is refused with what to write instead", (expression, advice) => {
    expect(() => crontab(expression)).toThrow(TriggerSyntaxError);
    expect(() => crontab(expression)).toThrow(advice);
  });

  test("15W by its advice is the weekday nearest to the fifteenth", () => {
    const at = { hour: "9", minute: "0", timezone: "UTC" };
    const nearest = anyOf(
      cron({ day: "15", dayOfWeek: "mon-fri", ...at }),
      cron({ day: "14", dayOfWeek: "fri", ...at }),
      cron({ day: "16", dayOfWeek: "mon", ...at }),
    );
    const days: number[] = [];
    let moment = Date.UTC(2026, 0, 1);
    for (let month = 0; month < 12; month++) {
      moment = nearest.next(null, moment)! + 1;
      days.push(new Date(moment).getUTCDate());
    }
    expect(days).toEqual([15, 16, 16, 15, 15, 15, 15, 14, 15, 15, 16, 15]);
  });

  test.each([
    ["0 22-2 * * *", "hour: the range 22-2 is the wrong way round and names no value, as in cron; write 22-23,0-2"],
    ["0 9,22-0 * * *", "write 22-23,0"],
    ["0 0 * * sat-sun", "write 6,0"],
    ["0 22-4/2 * * *", "write 22,0,2,4"],
    ["0 0 * nov-feb *", "write 11-12,1-2"],
  ])("%j has a range that names no value, which is worth a warning", (expression, warning) => {
    expect(crontab(expression).warnings).toEqual([expect.stringContaining(warning)]);
  });

  test("day and weekday both set are worth a warning, a star in one of them is not", () => {
    expect(crontab("0 0 13 * 5").warnings).toEqual([expect.stringContaining("EITHER")]);
    expect(crontab("0 0 */2 * 5").warnings).toEqual([]);
    expect(crontab("0 0 13 * *").warnings).toEqual([]);
  });

  test("@reboot is a trigger of its own: once, when it is added", () => {
    const atStart = crontab("@reboot");
    expect(atStart.kind).toBe("reboot");
    expect(atStart.next(null, 42)).toBe(42);
    expect(atStart.next(42, 50)).toBeNull();
  });

  test("a time that falls into the same gap every year is never, and says so", () => {
    const inTheGap = "5 2 8-14 3 */7";
    const timezone = "America/New_York";
    expect(crontab(inTheGap, { timezone, dst: "wall" }).next(null, Date.UTC(2026, 0, 1))).toBeNull();
    expect(crontab(inTheGap, { timezone }).next(null, Date.UTC(2026, 0, 1))).toBe(Date.parse("2026-03-08T07:00Z"));
  });

  test("prints as it was written", () => {
    expect(String(crontab("*/5 8-12 * * 1-5"))).toBe("crontab[*/5 8-12 * * 1-5]");
  });
});

function errorOf(act: () => unknown): unknown {
  try {
    return act();
  } catch (error) {
    return error;
  }
}
