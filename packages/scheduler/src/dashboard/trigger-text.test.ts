import { describe, expect, test } from "@jest/globals";
import { triggerFromText } from "./trigger-text.js";

const text = (typed: string) => String(triggerFromText(typed, "Europe/Berlin"));

describe("triggerFromText", () => {
  test.each([
    ["*/5 8-18 * * mon-fri", "crontab[*/5 8-18 * * mon-fri]"],
    ["@daily", "crontab[@daily]"],
    ["every 10 minutes", "interval[0:10:00]"],
    ["1h 30m", "interval[1:30:00]"],
    ["2 days, 3 hours", "interval[2 days, 3:00:00]"],
    ["PT90S", "interval[0:01:30]"],
    ["2027-01-31 12:30", "date[2027-01-31 12:30:00 CET]"],
    ["2027-01-31T11:30:00Z", "date[2027-01-31 12:30:00 CET]"],
  ])("%j", (typed, expected) => {
    expect(text(typed)).toBe(expected);
  });

  test.each([
    ["", /^trigger: is empty/],
    ["61 * * * *", /^trigger: minute: 61 is not between 0 and 59/],
    ["@often", /^trigger: crontab: unknown name/],
    ["every 3 fortnights", /^trigger: "fortnights" is no unit/],
    ["3 constructor", /^trigger: "constructor" is no unit/],
    ["0 s", /^trigger: the interval is 0/],
    ["2027-02-30", /^trigger: .*no day 30/],
    ["soon", /^trigger: "soon" is none of/],
  ])("%j is refused by name", (typed, reason) => {
    expect(() => text(typed)).toThrow(reason);
  });
});
