import { describe, expect, test } from "@jest/globals";
import {
  ConflictingIdError,
  interval,
  JobNotFoundError,
  MemoryJobStore,
  Scheduler,
  TaskNotFoundError,
} from "../src/index.js";
import { VirtualClock } from "../src/simulation/virtual-clock.js";
import { heard } from "./quiet.js";

const T0 = Date.UTC(2026, 0, 5);
const everyTen = interval({ seconds: 10 });

/** A scheduler of two stores that has not been started. */
function open() {
  const clock = new VirtualClock(T0);
  const stores = { default: new MemoryJobStore({ clock }), other: new MemoryJobStore({ clock }) };
  const scheduler = new Scheduler({ clock, logger: heard(), timezone: "UTC", random: () => 0, stores });
  const runs: [name: string, seconds: number][] = [];
  const names = ["a", "b", "c"];
  for (const name of names) {
    scheduler.registerTask(name, ({ scheduledAt }) => void runs.push([name, (scheduledAt - T0) / 1_000]));
  }
  const shut = async () => {
    const stopped = scheduler.shutdown();
    await clock.advance(1_000);
    await stopped;
  };
  return { scheduler, clock, runs, shut };
}

describe("a pending job", () => {
  test("is one of its store: another store's of the same id is another job", async () => {
    const { scheduler, clock, shut } = open();
    const first = await scheduler.addJob({ id: "x", func: "a", trigger: everyTen });
    const second = await scheduler.addJob({ id: "x", func: "b", trigger: everyTen, store: "other" });
    await scheduler.addJob({ id: "x", func: "c", trigger: everyTen, store: "other", onConflict: "replace" });
    expect((await scheduler.getJobs()).map(({ store, func }) => [store, func])).toEqual([
      ["default", "a"],
      ["other", "c"],
    ]);
    await scheduler.removeJob("x", "other");
    expect(await scheduler.getJob("x", "other")).toBeUndefined();
    await expect(second.remove()).rejects.toThrow(JobNotFoundError);
    await scheduler.start();
    expect((await scheduler.getJobs()).map(({ store, func }) => [store, func])).toEqual([["default", "a"]]);
    expect([first.pending, first.nextRunTime]).toEqual([false, new Date(T0 + 10_000)]);
    await clock.advance(0);
    await shut();
  });

  test("removeAllJobs takes those of the store that it is told", async () => {
    const { scheduler } = open();
    await scheduler.addJob({ id: "x", func: "a", trigger: everyTen });
    await scheduler.addJob({ id: "y", func: "a", trigger: everyTen, store: "other" });
    expect(await scheduler.removeAllJobs("other")).toBe(1);
    expect((await scheduler.getJobs()).map(({ id }) => id)).toEqual(["x"]);
    expect(await scheduler.removeAllJobs()).toBe(1);
  });

  test("that is added again is refused, replaced, or kept with its timetable", async () => {
    const { scheduler, clock, runs, shut } = open();
    const spec = { id: "x", func: "a", trigger: everyTen, nextRunTime: new Date(T0 + 5_000) };
    const job = await scheduler.addJob(spec);
    await expect(scheduler.addJob({ ...spec, func: "b" })).rejects.toThrow(ConflictingIdError);
    const { nextRunTime: _, ...again } = spec;
    const kept = await scheduler.addJob({ ...again, func: "b", onConflict: "keep" });
    expect(kept).toBe(job);
    expect([job.func, job.nextRunTime, job.pending]).toEqual(["b", new Date(T0 + 5_000), true]);
    await scheduler.addJob({ id: "y", func: "a", trigger: everyTen, nextRunTime: new Date(T0 + 5_000) });
    await scheduler.addJob({ id: "y", func: "c", trigger: everyTen, onConflict: "replace" });
    await clock.advance(2_000);
    await scheduler.start();
    await clock.advance(12_000);
    expect(runs).toEqual([
      ["b", 5],
      ["c", 12],
      ["b", 12],
    ]);
    await shut();
  });

  test("that is paused stays paused when it is kept, and counts from the start when it is not", async () => {
    const { scheduler, clock, runs, shut } = open();
    const paused = await scheduler.addJob({ id: "x", func: "a", trigger: everyTen });
    await paused.pause();
    await scheduler.addJob({ id: "x", func: "b", trigger: interval({ seconds: 3 }), onConflict: "keep" });
    await scheduler.addJob({ id: "y", func: "a", trigger: everyTen, nextRunTime: null });
    await scheduler.addJob({ id: "y", func: "a", trigger: interval({ seconds: 3 }), onConflict: "keep" });
    await scheduler.addJob({ id: "z", func: "a", trigger: everyTen });
    await scheduler.addJob({ id: "z", func: "c", trigger: interval({ seconds: 7 }), onConflict: "keep" });
    await clock.advance(1_000);
    await scheduler.start();
    expect((await scheduler.getJob("x"))?.paused).toBe(true);
    expect((await scheduler.getJob("y"))?.paused).toBe(true);
    await clock.advance(8_000);
    expect(runs).toEqual([["c", 8]]);
    await shut();
  });

  test("whose task is missing keeps the scheduler from starting, until it is there", async () => {
    const { scheduler, clock, runs, shut } = open();
    await scheduler.addJob({ id: "x", func: "a", trigger: everyTen });
    await scheduler.addJob({ id: "y", func: "nobody", trigger: everyTen });
    await scheduler.addJob({ id: "z", func: "b", trigger: everyTen });
    const started = scheduler.start();
    const refused = expect(started).rejects.toThrow(TaskNotFoundError);
    await clock.advance(10);
    await refused;
    expect(scheduler.state).toBe("stopped");
    scheduler.registerTask("nobody", () => {});
    await scheduler.start();
    await clock.advance(10_000);
    expect(runs.map(([name]) => name).sort()).toEqual(["a", "b"]);
    await shut();
  });
});
