import { describe, expect, test } from "@jest/globals";
import { crontab, interval, JobSpecError, Scheduler, TriggerSyntaxError, triggerFromText } from "../src/index.js";
import { heard } from "./quiet.js";

const zone = { timezone: "Asia/Shanghai" };
const plain = (trigger: object) => JSON.parse(JSON.stringify(trigger));

describe("a text as a trigger", () => {
  test.each([
    ["*/5 * * * *", plain(crontab("*/5 * * * *", zone))],
    ["@daily", plain(crontab("@daily", zone))],
    ["@reboot", { kind: "reboot" }],
    ["every 5 minutes", expect.objectContaining({ kind: "interval", milliseconds: 300_000 })],
    ["@every 1h30m", expect.objectContaining({ kind: "interval", milliseconds: 5_400_000 })],
    ["PT90S", expect.objectContaining({ kind: "interval", milliseconds: 90_000 })],
    ["2031-01-31 12:30", { kind: "date", runAt: Date.UTC(2031, 0, 31, 4, 30), ...zone }],
  ])("%j is taken by addJob, reschedule and modify in the scheduler's zone", async (text, state) => {
    const scheduler = new Scheduler({ ...zone, logger: heard() });
    const job = await scheduler.addJob({ func: () => {}, trigger: text });
    expect(plain(job.trigger)).toEqual(state);
    const other = await scheduler.addJob({ func: () => {}, trigger: interval({ hours: 9 }) });
    await other.reschedule(text);
    expect(plain(other.trigger)).toEqual(state);
    const third = await scheduler.addJob({ func: () => {}, trigger: interval({ hours: 9 }) });
    await third.modify({ trigger: text });
    expect(plain(third.trigger)).toEqual(state);
  });

  test.each([
    ["0/15 * * * *", "minute", 1, "write 0-59/15"],
    ["0 22-2 * * *", "hour", 3, "write 22-23,0-2"],
    ["0 9 * * fri,sat-sun", "day_of_week", 13, "write 6,0"],
    ["0 9 L * *", "day", 5, "write cron({"],
    ["0 9 * * 5#3", "day_of_week", 9, "write cron({"],
    ["0 */5 * * * *", "crontab", 1, 'write "*/5 * * * *"'],
    ["every 2 months", "trigger", 9, "write calendarInterval({ months: 1 })"],
    ["@every 5 parsecs", "trigger", 10, "no unit of time"],
    ["CRON_TZ=Asia/Tokyo 0 9 * * *", "trigger", 1, 'write crontab("0 9 * * *", { timezone: "Asia/Tokyo" })'],
    ["hourly", "trigger", 1, "a crontab ("],
    ["", "trigger", 1, "is empty"],
  ])("%j is refused at its column with what to write", async (text, field, column, advice) => {
    const scheduler = new Scheduler({ ...zone, logger: heard() });
    const refused = scheduler.addJob({ func: () => {}, trigger: text });
    await expect(refused).rejects.toThrow(advice);
    await expect(refused).rejects.toMatchObject({ name: "TriggerSyntaxError", field, column });
    expect(() => triggerFromText(text, "UTC")).toThrow(TriggerSyntaxError);
    expect(() => triggerFromText(text)).toThrow(advice);
  });

  test.each([5, true, {}, { minutes: 5 }, []])("%j is no trigger, and the message says what is", async (trigger) => {
    const scheduler = new Scheduler({ ...zone, logger: heard() });
    const refused = scheduler.addJob({ func: () => {}, trigger: trigger as never });
    await expect(refused).rejects.toThrow(JobSpecError);
    await expect(refused).rejects.toThrow("trigger: must be a trigger, such as interval({ minutes: 5 })");
  });

  test("a crontab that names no moment says why", async () => {
    const scheduler = new Scheduler({ ...zone, logger: heard() });
    const refused = scheduler.addJob({ func: () => {}, trigger: crontab("0 22-2 * * *") });
    await expect(refused).rejects.toThrow(/no run time at all; .*write 22-23,0-2/);
  });
});
