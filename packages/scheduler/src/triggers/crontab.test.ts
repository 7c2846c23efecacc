import { describe, expect, test } from "@jest/globals";
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
