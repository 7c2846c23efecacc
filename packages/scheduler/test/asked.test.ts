import { eventually } from "@headline/testkit";
import { describe, expect, test } from "@jest/globals";
import type { JobStore } from "../src/core/job-store.js";
import {
  cron,
  date,
  every,
  interval,
  type JobSpec,
  MemoryJobStore,
  nextRuns,
  Scheduler,
  type Trigger,
} from "../src/index.js";
import { VirtualClock } from "../src/simulation/virtual-clock.js";
import { everyStore, STORE_KINDS } from "./every-store.js";
import { heard } from "./quiet.js";

const openStore = everyStore();
const HOUR_MS = 3_600_000;

/** Schedulers of one store, which write down what they ran. */
async function open(stores: readonly JobStore[]) {
  const runs: number[] = [];
  const ended: object[] = [];
  const schedulers: Scheduler[] = [];
  for (const store of stores) {
    const scheduler = new Scheduler({ stores: { default: store }, timezone: "UTC", logger: heard() });
    scheduler.registerTask("work", ({ scheduledAt }) => void runs.push(scheduledAt));
    scheduler.on("job:ended", (event) => void ended.push(event));
    await store.migrate();
    await scheduler.start();
    schedulers.push(scheduler);
  }
  return {
    runs,
    ended,
    schedulers,
    scheduler: schedulers[0]!,
    async [Symbol.asyncDispose]() {
      for (const scheduler of schedulers) await scheduler.shutdown();
    },
  };
}

describe.each(STORE_KINDS)("on %s", (kind) => {
  const shared = () => {
    const namespace = `asked-${Math.random().toString(36).slice(2)}`;
    return kind === "memory" ? [openStore(kind, namespace)] : [openStore(kind, namespace), openStore(kind, namespace)];
  };

  test("a job with maxRuns has exactly so many, over all processes, and then ends with an event", async () => {
    await using world = await open(shared());
    const { scheduler, runs, ended } = world;
    const spec: JobSpec = {
      id: "three",
      func: "work",
      trigger: interval({ milliseconds: 30 }),
      maxInstances: 50,
      maxRuns: 3,
      onConflict: "keep",
    };
    await scheduler.addJob(spec);
    await eventually(() => expect(ended).toEqual([{ jobId: "three", store: "default", reason: "maxRuns", runs: 3 }]));
    await eventually(() => expect(runs).toHaveLength(3));
    const job = (await scheduler.getJob("three"))!;
    expect([job.ended, job.runCount, job.maxRuns, job.nextRunTime]).toEqual([true, 3, 3, null]);
    expect(String(job)).toContain("ended after 3 runs");

    await scheduler.addJob(spec); // at the next start
    expect((await scheduler.getJob("three"))?.nextRunTime).toBeNull();
    await expect(job.resume()).rejects.toThrow("maxRuns: the job has run 3 times and may run 3; raise maxRuns first");
    await expect(job.reschedule(cron({ hour: 1 }))).rejects.toThrow("maxRuns:");
    await expect(job.modify({ nextRunTime: "now" })).rejects.toThrow("maxRuns:");

    await job.modify({ maxRuns: 5 });
    await job.resume();
    await eventually(() => expect(ended).toHaveLength(2));
    await eventually(() => expect(new Set(runs).size).toBe(5));
    expect(runs).toHaveLength(5);
  });

  test("misfires, runs by hand and retries do not count", async () => {
    await using world = await open(shared().slice(0, 1));
    const { scheduler, runs, ended } = world;
    let failures = 0;
    scheduler.registerTask("fails once", () => {
      if (failures++ === 0) throw new Error("the first attempt");
    });
    await scheduler.addJob({
      id: "late",
      func: "work",
      trigger: interval({ milliseconds: 40, startDate: new Date(Date.now() - HOUR_MS).toISOString() }),
      nextRunTime: new Date(Date.now() - HOUR_MS),
      coalesce: "earliest",
      maxInstances: 50,
      maxRuns: 2,
    });
    await scheduler.addJob({
      id: "retried",
      func: "fails once",
      trigger: interval({ milliseconds: 40 }),
      maxInstances: 50,
      maxRuns: 1,
      retries: { max: 2, delayMs: 1 },
    });
    await scheduler.runNow("retried");
    await eventually(() => expect(ended).toHaveLength(2));
    await eventually(() => expect(runs).toHaveLength(2));
    await eventually(() => expect(failures).toBe(3));
    await eventually(async () => {
      const { executions } = await scheduler.executions({ jobId: "late" });
      expect(executions.map(({ state }) => state).sort()).toEqual(["executed", "executed", "missed"]);
    });
  });

  test("of a backlog that is not coalesced no run goes beyond maxRuns", async () => {
    await using world = await open(shared().slice(0, 1));
    const { scheduler, runs, ended } = world;
    const first = Math.floor((Date.now() - 10 * HOUR_MS) / HOUR_MS) * HOUR_MS;
    await scheduler.addJob({
      id: "backlog",
      func: "work",
      trigger: interval({ hours: 1, startDate: new Date(first).toISOString() }),
      nextRunTime: new Date(first),
      coalesce: false,
      misfireGraceTime: null,
      maxRuns: 4,
    });
    await eventually(() => expect(runs).toEqual([0, 1, 2, 3].map((hours) => first + hours * HOUR_MS)));
    expect(ended).toHaveLength(1);
  });
});

describe.each(STORE_KINDS)("on %s", (kind) => {
  test("a pause with a date ends by itself, and its note stays with it", async () => {
    await using world = await open([openStore(kind)]);
    const { scheduler, runs } = world;
    const spec: JobSpec = { id: "paused", func: "work", trigger: interval({ hours: 1 }), onConflict: "keep" };
    await scheduler.addJob(spec);
    const until = new Date(Date.now() + 24 * HOUR_MS);
    const job = await scheduler.pauseJob("paused", { until, note: "the printer is out of paper" });
    expect([job.paused, job.pausedUntil, job.pauseNote]).toEqual([true, until, "the printer is out of paper"]);
    expect(job.nextRuns(2).every((run) => run >= until)).toBe(true);
    await scheduler.addJob({ ...spec, name: "declared again" });
    const again = (await scheduler.getJob("paused"))!;
    expect([again.name, again.pausedUntil, again.pauseNote]).toEqual(["declared again", until, job.pauseNote]);
    await scheduler.addJob({ ...spec, trigger: interval({ seconds: 1 }) });
    expect((await scheduler.getJob("paused"))!.nextRunTime!.getTime()).toBeGreaterThanOrEqual(until.getTime());

    const soon = Date.now() + 3_000;
    await scheduler.pauseJob("paused", { until: soon, note: "for a moment" });
    await eventually(() => expect(runs.length).toBeGreaterThan(0));
    expect(runs[0]).toBeGreaterThanOrEqual(soon);
    const later = (await scheduler.getJob("paused"))!;
    expect([later.paused, later.pausedUntil, later.pauseNote]).toEqual([false, null, null]);

    await later.pause({ note: "for ever" });
    const stopped = (await scheduler.getJob("paused"))!;
    expect([stopped.nextRunTime, stopped.pauseNote, stopped.nextRuns(3)]).toEqual([null, "for ever", []]);
    expect((await stopped.resume())?.pauseNote).toBeNull();

    await scheduler.addJob({ id: "once", func: "work", trigger: date({ in: { hours: 1 } }) });
    const far = new Date(Date.now() + 2 * HOUR_MS);
    expect((await scheduler.pauseJob("once", { until: far })).nextRunTime).toEqual(far);
    const refused: [object, string][] = [
      [{ until: "2020-01-01" }, "until: must be in the future"],
      [{ until: "soon" }, 'until: "soon" is not like'],
      [{ note: 7 }, "note: must be a text"],
      [{ note: "x".repeat(1_001) }, "note: must have at most 1000 characters, has 1001"],
      [{ untill: far }, "untill: pause has no such option; write until"],
    ];
    for (const [options, message] of refused)
      await expect(scheduler.pauseJob("once", options)).rejects.toThrow(message);
  });

  test("an offset that the id decides is the same at each start, and spreads jobs", async () => {
    await using world = await open([openStore(kind)]);
    const { scheduler } = world;
    const ids = Array.from({ length: 50 }, (_, index) => `job-${index}`);
    const daily = cron({ hour: 3 });
    const spec = { func: "work", trigger: daily, randomizedOffset: 600, onConflict: "keep" } as const;
    for (const id of ids) await scheduler.addJob({ ...spec, id });
    const first = (await scheduler.getJobs()).map((job) => [job.id, job.nextRuns(3)] as const);
    const offsets = first.map(([, [run]]) => (run!.getTime() % (24 * HOUR_MS)) - 3 * HOUR_MS);
    expect(offsets.every((offset) => offset >= 0 && offset <= 600_000 && offset % 1_000 === 0)).toBe(true);
    expect(new Set(offsets).size).toBeGreaterThan(40);
    for (const [, [a, b, c]] of first)
      expect([b!.getTime() - a!.getTime(), c!.getTime() - b!.getTime()]).toEqual([24 * HOUR_MS, 24 * HOUR_MS]);
    for (const id of ids) await scheduler.addJob({ ...spec, id });
    expect((await scheduler.getJobs()).map((job) => [job.id, job.nextRuns(3)] as const)).toEqual(first);

    const [offset] = offsets;
    const job = (await scheduler.getJob(first[0]![0]))!;
    await job.reschedule(cron({ hour: 4 }));
    expect(job.nextRunTime!.getTime() % (24 * HOUR_MS)).toBe(4 * HOUR_MS + offset!);
    await job.modify({ randomizedOffset: null, nextRunTime: "now" });
    expect(String(job.trigger)).toBe("cron[hour='4']");
    await expect(job.modify({ randomizedOffset: 0 })).rejects.toThrow("randomizedOffset: must be a whole number");
  });
});

test("a job that has ended is removed when its history is gone", async () => {
  const clock = new VirtualClock(Date.UTC(2026, 0, 5));
  const store = new MemoryJobStore({ clock });
  const scheduler = new Scheduler({
    clock,
    stores: { default: store },
    timezone: "UTC",
    historyDays: 1,
    logger: heard(),
  });
  scheduler.registerTask("work", () => {});
  await scheduler.start();
  await scheduler.addJob({ id: "once", func: "work", trigger: interval({ minutes: 1 }), maxRuns: 1 });
  await clock.advance(23 * HOUR_MS);
  expect((await scheduler.getJob("once"))?.ended).toBe(true);
  await clock.advance(2 * HOUR_MS);
  expect(await scheduler.getJob("once")).toBeUndefined();
  const stopped = scheduler.shutdown();
  await clock.advance(1_000);
  await stopped;
});

test.each([0, -1, 1.5, "3", Number.NaN])("maxRuns: %p is refused by name", async (maxRuns) => {
  const scheduler = new Scheduler({ logger: heard() });
  const spec = { func: () => {}, trigger: cron({ hour: 1 }), maxRuns: maxRuns as number };
  await expect(scheduler.addJob(spec)).rejects.toThrow("maxRuns: must be a whole number from 1");
});

test("nextRuns tells the run times of a trigger and of a job, and no more than there are", async () => {
  const trigger = cron({ hour: 9, timezone: "UTC" });
  const iso = (runs: Date[]) => runs.map((run) => run.toISOString().slice(0, 16));
  expect(iso(nextRuns(trigger, 2, "2026-01-05T09:00Z"))).toEqual(["2026-01-05T09:00", "2026-01-06T09:00"]);
  expect(iso(nextRuns(date({ runAt: "2026-01-07", timezone: "UTC" }), 5, 0))).toEqual(["2026-01-07T00:00"]);
  const anchored = interval({ hours: 1 });
  expect(iso(nextRuns(anchored, 2, Date.UTC(2026, 0, 5)))).toEqual(["2026-01-05T01:00", "2026-01-05T02:00"]);
  for (const count of [0, 1.5, 10_001, Number.NaN]) expect(() => nextRuns(trigger, count)).toThrow("count: must be");

  const clock = new VirtualClock(Date.UTC(2026, 0, 5));
  const scheduler = new Scheduler({ clock, timezone: "UTC", logger: heard() });
  const job = await scheduler.addJob({ func: () => {}, trigger, nextRunTime: "2026-01-05 01:00", maxRuns: 3 });
  expect(iso(job.nextRuns(5))).toEqual(["2026-01-05T01:00", "2026-01-05T09:00", "2026-01-06T09:00"]);
});

describe("every().month", () => {
  const iso = (trigger: Trigger, count: number, now: string) =>
    nextRuns(trigger, count, now).map((run) => run.toISOString().slice(0, 16));
  const work = () => {};

  test("runs on the wanted day, or on the last one of a shorter month, without losing it", () => {
    const last = every().month.onDay(31).at("09:00", "UTC").do(work).trigger;
    expect(iso(last, 4, "2026-01-31T10:00Z")).toEqual([
      ...["2026-02-28T09:00", "2026-03-31T09:00", "2026-04-30T09:00", "2026-05-31T09:00"],
    ]);
    expect(iso(last, 1, "2026-01-31T08:00Z")).toEqual(["2026-01-31T09:00"]);
    const third = every(3).months.onDay(30).at("09:00", "UTC").do(work).trigger;
    expect(iso(third, 3, "2026-11-30T10:00Z")).toEqual(["2027-02-28T09:00", "2027-05-30T09:00", "2027-08-30T09:00"]);
    expect(String(last)).toBe("every[month on day 31 at 09:00:00]");
  });

  test("without a day keeps that of the moment at which it is added, as every().year does", async () => {
    const clock = new VirtualClock(Date.UTC(2024, 1, 29, 12));
    const scheduler = new Scheduler({ clock, timezone: "UTC", logger: heard() });
    scheduler.registerTask("work", work);
    const yearly = await every().year.on(scheduler, { id: "yearly", onConflict: "keep" }).do("work");
    const runs = (count: number) => yearly.nextRuns(count).map((run) => run.toISOString().slice(0, 16));
    expect(runs(4)).toEqual(["2025-02-28T12:00", "2026-02-28T12:00", "2027-02-28T12:00", "2028-02-29T12:00"]);
    clock.jumpTo(clock.monotonic() + 10 * 24 * HOUR_MS);
    await every().year.on(scheduler, { id: "yearly", onConflict: "keep" }).do("work");
    expect(runs(1)).toEqual(["2025-02-28T12:00"]);
    const monthly = await every().month.on(scheduler).do("work");
    expect(monthly.nextRuns(2).map((run) => run.toISOString().slice(0, 10))).toEqual(["2024-04-10", "2024-05-10"]);
  });

  test("keeps clear of days that are left out", () => {
    const trigger = every().month.onDay(1).at("09:00", "UTC").except("sat", "sun").do(work).trigger;
    expect(iso(trigger, 3, "2026-01-05T00:00Z")).toEqual(["2026-04-01T09:00", "2026-05-01T09:00", "2026-06-01T09:00"]);
  });

  test("refuses what no month has", () => {
    expect(() => every().month.onDay(32)).toThrow("from 1 to 31, is 32");
    expect(() => every().day.onDay(3)).toThrow("onDay() comes after month or months");
    expect(() => every(2).month).toThrow("Use months instead of month");
  });
});
