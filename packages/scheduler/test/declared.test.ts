import { describe, expect, test } from "@jest/globals";
import { anyOf, calendarInterval, cron, date, interval, Scheduler, type Trigger } from "../src/index.js";
import { everyStore, STORE_KINDS } from "./every-store.js";
import { heard } from "./quiet.js";

const openStore = everyStore();

describe.each(STORE_KINDS)("jobs in %s whose time has passed", (kind) => {
  const ended: readonly [string, Trigger][] = [
    ["cron", cron({ hour: 3, endDate: "2020-01-01" })],
    ["year", cron({ year: 2020 })],
    ["interval", interval({ hours: 1, endDate: "2020-01-01" })],
    ["calendar", calendarInterval({ days: 1, endDate: "2020-01-01" })],
    ["any", anyOf(cron({ hour: 3, endDate: "2020-01-01" }))],
  ];

  test("are added without a next run, before the start as after it, and said", async () => {
    const logger = heard();
    const scheduler = new Scheduler({ logger, timezone: "UTC", stores: { default: openStore(kind) } });
    scheduler.registerTask("task", () => {});
    await scheduler.addJob({ id: "live", func: "task", trigger: date({ in: { days: 1 } }) });
    for (const [id, trigger] of ended) await scheduler.addJob({ id: `pending ${id}`, func: "task", trigger });
    await scheduler.start();
    for (const [id, trigger] of ended) await scheduler.addJob({ id, func: "task", trigger });
    const jobs = await scheduler.getJobs();
    expect(jobs.filter(({ nextRunTime }) => nextRunTime !== null).map(({ id }) => id)).toEqual(["live"]);
    expect(jobs).toHaveLength(1 + 2 * ended.length);
    expect(logger.lines).toContainEqual(expect.stringMatching(/^warn Job "task" is added without a next run: cron/));
    await scheduler.shutdown();
  });

  test("and that have no id are not added: a store gets no job more at each start", async () => {
    const namespace = `boots-${kind}`;
    const logger = heard();
    for (const _boot of [1, 2]) {
      const scheduler = new Scheduler({ logger, timezone: "UTC", stores: { default: openStore(kind, namespace) } });
      scheduler.registerTask("task", () => {});
      await scheduler.addJob({ func: "task", trigger: cron({ hour: 3, endDate: Date.now() + 50 }) }).catch(() => {});
      for (const [, trigger] of ended) await scheduler.addJob({ func: "task", trigger });
      await scheduler.start();
      for (const [, trigger] of ended) {
        const job = await scheduler.addJob({ func: "task", trigger });
        expect([job.nextRunTime, await scheduler.getJob(job.id)]).toEqual([null, undefined]);
      }
      expect(await scheduler.addJobs(ended.map(([, trigger]) => ({ func: "task", trigger })))).toBe(0);
      await scheduler.addJob({ func: "task", trigger: ended[0]![1], nextRunTime: null, id: `paused ${_boot}` });
      expect(await scheduler.getJobs()).toHaveLength(_boot);
      await scheduler.shutdown();
    }
    expect(logger.lines).toContainEqual(expect.stringMatching(/^warn Job "task" is not added: cron/));
  });

  test("do not keep the scheduler from starting when it passes between addJob and start", async () => {
    const scheduler = new Scheduler({ logger: heard(), timezone: "UTC", stores: { default: openStore(kind) } });
    scheduler.registerTask("task", () => {});
    const endDate = Date.now() + 1_050;
    await scheduler.addJob({ id: "short", func: "task", trigger: cron({ second: "*", endDate }) });
    await scheduler.addJob({ id: "long", func: "task", trigger: interval({ hours: 1 }) });
    while (Date.now() <= endDate) await new Promise((resolve) => setTimeout(resolve, 50));
    await scheduler.start();
    expect((await scheduler.getJob("short"))?.nextRunTime).toBeNull();
    expect((await scheduler.getJob("long"))?.nextRunTime).toBeInstanceOf(Date);
    await scheduler.shutdown();
  });

  test("never had one: that is a mistake", async () => {
    const scheduler = new Scheduler({ logger: heard(), stores: { default: openStore(kind) } });
    const added = scheduler.addJob({ func: "task", trigger: cron({ month: 2, day: 30 }) });
    await expect(added).rejects.toThrow("trigger: cron[month='2', day='30'] has no run time at all");
  });
});
