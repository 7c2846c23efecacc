import { eventually } from "@headline/testkit";
import { describe, expect, test } from "@jest/globals";
import type { JobStore } from "../src/core/job-store.js";
import { cron, interval, type JobSpec, MemoryJobStore, Scheduler } from "../src/index.js";
import { VirtualClock } from "../src/sim/virtual-clock.js";
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
