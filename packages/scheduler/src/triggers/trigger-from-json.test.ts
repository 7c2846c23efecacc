import { describe, expect, test } from "@jest/globals";
import { fireTimes } from "../../test/fire-times.js";
import { calendarInterval } from "./calendar-interval.js";
import { allOf, anyOf } from "./combine.js";
import { cron } from "./cron.js";
import { crontab } from "./crontab.js";
import { date } from "./date.js";
import { interval } from "./interval.js";
import { reboot } from "./reboot.js";
import type { Trigger } from "./trigger.js";
import { registerTrigger, triggerFromJSON } from "./trigger-from-json.js";

const timezone = "America/New_York";
const bounds = { timezone, startDate: "2026-03-01", endDate: new Date("2027-01-01T00:00Z"), jitter: 5 };

describe("triggerFromJSON", () => {
  test.each<[string, Trigger]>([
    ["cron", cron({ day: "last fri,3", dayOfWeek: "mon-fri", hour: "*/5", dst: "once", ...bounds })],
    ["cron, APScheduler's names", cron({ day_of_week: 3, start_date: "2026-03-01", end_date: "2026-06-01", timezone })],
    ["crontab", crontab("30 2 13 * 5", { ...bounds, dst: "wall" })],
    ["interval", interval({ minutes: 7, milliseconds: 1, ...bounds })],
    ["interval, anchored", interval({ minutes: 7 }).anchored(1_767_225_600_123)],
    ["interval, APScheduler's names", interval({ minutes: 7, start_date: "2026-03-01", timezone })],
    ["date", date({ runAt: "2026-03-08 02:30:00", timezone })],
    ["calendarInterval", calendarInterval({ months: 1, hour: 2, minute: 30, ...bounds, endDate: "2027-01-01" })],
    ["reboot", reboot()],
    ["anyOf", anyOf(cron({ hour: 3, timezone }), interval({ hours: 7, startDate: 0 }), { jitter: 2 })],
    ["allOf", allOf(cron({ day: 13, timezone }), cron({ dayOfWeek: "fri", timezone }))],
  ])("%s comes back the same", (_, trigger) => {
    const revived = triggerFromJSON(JSON.parse(JSON.stringify(trigger)));
    const now = Date.parse("2026-01-01T00:00Z");
    expect(fireTimes(revived, now, 20)).toEqual(fireTimes(trigger, now, 20));
    expect(revived.next(null, now, () => 0.9)).toBe(trigger.next(null, now, () => 0.9));
    expect(revived.toJSON()).toEqual(trigger.toJSON());
    expect(String(revived)).toBe(String(trigger));
  });

  test("kinds of your own come back once they are registered", () => {
    expect(() => triggerFromJSON({ kind: "full-moon" })).toThrow(/unknown kind "full-moon"/);
    registerTrigger("full-moon", () => reboot());
    expect(triggerFromJSON({ kind: "full-moon" }).next(null, 7)).toBe(7);
  });
});
