import { describe, expect, test } from "@jest/globals";
import {
  AsyncExecutor,
  ConflictingIdError,
  cron,
  date,
  EVENT_ALL,
  EVENT_JOB_ADDED,
  EVENT_JOB_ERROR,
  EVENT_JOB_EXECUTED,
  interval,
  JobNotFoundError,
  JobSpecError,
  MaxInstancesError,
  MemoryJobStore,
  Scheduler,
  type SchedulerOptions,
  SchedulerStateError,
  TaskNotFoundError,
} from "../src/index.js";
import { settled, VirtualClock } from "../src/simulation/virtual-clock.js";
import { heard } from "./quiet.js";

const T0 = Date.UTC(2026, 0, 5);

/** A scheduler at midnight of 2026-01-05 UTC, on a clock that the test turns. */
function open(options: SchedulerOptions = {}) {
  const clock = new VirtualClock(T0);
  const logger = heard();
  const scheduler = new Scheduler({ clock, logger, timezone: "UTC", random: () => 0, ...options });
  const runs: number[] = [];
  scheduler.registerTask("tick", ({ scheduledAt }) => void runs.push((scheduledAt - T0) / 1_000));
  /** A task whose runs end when the test says so. */
  const gates: (() => void)[] = [];
  scheduler.registerTask("slow", () => new Promise<void>((resolve) => gates.push(resolve)));
  const open = async () => {
    for (const end of gates.splice(0)) end();
    await settled();
  };
  const shut = async () => {
    const stopped = scheduler.shutdown({ wait: false });
    await clock.advance(60_000);
    await stopped;
  };
  return { scheduler, clock, logger, runs, openGates: open, shut };
}

describe("adding jobs", () => {
  test("an interval first runs one interval after it was added, then on", async () => {
    const { scheduler, clock, runs, shut } = open();
    await scheduler.start();
    await scheduler.addJob({ func: "tick", trigger: interval({ seconds: 3 }) });
    await clock.advance(10_000);
    expect(runs).toEqual([3, 6, 9]);
    await shut();
  });

  test("without a trigger a job runs now, once, and is gone; its execution stays", async () => {
    const { scheduler, clock, runs, shut } = open();
    await scheduler.start();
    const job = await scheduler.addJob({ func: "tick" });
    await clock.advance(10);
    expect(runs).toEqual([0]);
    expect(await scheduler.getJob(job.id)).toBeUndefined();
    expect((await scheduler.executions()).executions).toMatchObject([{ jobId: job.id, state: "executed", attempt: 1 }]);
    await shut();
  });

  test("jobs added before the start are pending, and count from the start", async () => {
    const { scheduler, clock, runs, shut } = open();
    const job = await scheduler.addJob({ id: "a", func: "tick", trigger: interval({ seconds: 3 }) });
    expect(job.pending).toBe(true);
    expect(String(job)).toBe("tick (trigger: interval[0:00:03], pending)");
    await clock.advance(2_000);
    await scheduler.start();
    expect(job.pending).toBe(false);
    await clock.advance(4_000);
    expect(runs).toEqual([5]);
    await shut();
  });

  test("nextRunTime decides the first run: now, paused, or a moment", async () => {
    const { scheduler, clock, runs, shut } = open();
    await scheduler.start();
    const every = interval({ minutes: 1 });
    await scheduler.addJob({ id: "now", func: "tick", trigger: every, nextRunTime: "now" });
    await scheduler.addJob({ id: "immediately", func: "tick", trigger: every, runImmediately: true });
    await scheduler.addJob({ id: "then", func: "tick", trigger: every, nextRunTime: new Date(T0 + 7_000) });
    const paused = await scheduler.addJob({ id: "paused", func: "tick", trigger: every, nextRunTime: null });
    expect(paused.paused).toBe(true);
    await clock.advance(30_000);
    expect(runs).toEqual([0, 0, 7]);
    await shut();
  });

  test("a date that has passed is a misfire: it runs within its grace and is missed beyond it", async () => {
    const { scheduler, clock, runs, shut } = open();
    await scheduler.start();
    const trigger = date({ runAt: new Date(T0 - 30_000) });
    await scheduler.addJob({ id: "soon enough", func: "tick", trigger });
    await scheduler.addJob({ id: "too late", func: "tick", trigger, misfireGraceTime: 10 });
    await scheduler.addJob({ id: "never too late", func: "tick", trigger: date({ runAt: 0 }), misfireGraceTime: null });
    await clock.advance(100);
    expect(runs.sort((a, b) => a - b)).toEqual([-T0 / 1_000, -30]);
    const { executions } = await scheduler.executions({ jobId: "too late" });
    expect(executions).toMatchObject([{ state: "missed", startedAt: null, durationMs: null }]);
    await shut();
  });

  test("an id that is taken is refused, replaced, or kept with its next run", async () => {
    const { scheduler, clock, shut } = open();
    await scheduler.start();
    const spec = { id: "a", func: "tick", trigger: interval({ minutes: 10 }) };
    const first = await scheduler.addJob(spec);
    await expect(scheduler.addJob(spec)).rejects.toThrow(ConflictingIdError);
    await clock.advance(60_000);
    const kept = await scheduler.addJob({ ...spec, name: "new name", onConflict: "keep" });
    expect([kept.name, kept.nextRunTime]).toEqual(["new name", first.nextRunTime]);
    const moved = await scheduler.addJob({ ...spec, trigger: interval({ minutes: 5 }), onConflict: "keep" });
    expect(moved.nextRunTime).toEqual(new Date(T0 + 360_000));
    const replaced = await scheduler.addJob({ ...spec, onConflict: "replace" });
    expect(replaced.nextRunTime).toEqual(new Date(T0 + 660_000));
    await (await scheduler.getJob("a"))!.pause();
    expect((await scheduler.addJob({ ...spec, onConflict: "keep" })).paused).toBe(true);
    await shut();
  });

  test.each([
    ["func", { func: "" }],
    ["id", { func: "tick", id: "" }],
    ["id", { func: "tick", id: "x".repeat(191) }],
    ["maxInstances", { func: "tick", maxInstances: 0 }],
    ["misfireGraceTime", { func: "tick", misfireGraceTime: -1 }],
    ["coalesce", { func: "tick", coalesce: "first" as never }],
    ["ack", { func: "tick", ack: "never" as never }],
    ["args", { func: "tick", args: "a" as never }],
    ["retries.max", { func: "tick", retries: { max: 0 } }],
    ["nextRunTime", { func: "tick", nextRunTime: new Date(Number.NaN) }],
    ["trigger", { func: "tick", trigger: cron({ month: 2, day: 30 }) }],
    ["store", { func: "tick", store: "nowhere" }],
  ])("a bad %s is named", async (field, spec) => {
    const { scheduler } = open();
    const error = await scheduler.addJob(spec).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(JobSpecError);
    expect((error as Error).message).toMatch(new RegExp(`^${field}: `));
  });

  test("a task that nobody registered is refused by a store of this process, a function by a shared one", async () => {
    const { scheduler, clock, shut } = open({ stores: { shared: new MemoryJobStore({ shared: true }) } });
    await scheduler.start();
    await expect(scheduler.addJob({ func: "nobody" })).rejects.toThrow(TaskNotFoundError);
    await expect(scheduler.addJob({ func: () => {}, store: "shared" })).rejects.toThrow(/func: /);
    await clock.advance(0);
    await shut();
  });

  test("functions, arguments and one keyword object reach the task", async () => {
    const { scheduler, clock, shut } = open();
    await scheduler.start();
    const seen: unknown[] = [];
    await scheduler.addJob({ func: (_context, ...args) => seen.push(args), args: [1, "b"], kwargs: { c: true } });
    await clock.advance(10);
    expect(seen).toEqual([[1, "b", { c: true }]]);
    await shut();
  });

  test("scheduled(…) registers a function and adds its job", async () => {
    const { scheduler, clock, shut } = open();
    let count = 0;
    const task = scheduler.scheduled({ id: "c", trigger: interval({ seconds: 1 }) })(function counted() {
      count++;
    });
    await settled();
    await scheduler.start();
    await clock.advance(3_100);
    expect(count).toBe(3);
    expect(typeof task).toBe("function");
    expect((await scheduler.getJob("c"))?.func).toBe("counted");
    await shut();
  });
});

describe("changing jobs", () => {
  test("pause keeps a job from running, resume counts from now", async () => {
    const { scheduler, clock, runs, shut } = open();
    await scheduler.start();
    const job = await scheduler.addJob({ id: "a", func: "tick", trigger: interval({ seconds: 5 }) });
    await clock.advance(6_000);
    await job.pause();
    expect(String(job)).toBe("tick (trigger: interval[0:00:05], paused)");
    await clock.advance(20_000);
    await job.resume();
    await clock.advance(10_000);
    expect(runs).toEqual([5, 30, 35]);
    await shut();
  });

  test("resuming a job whose trigger has ended removes it", async () => {
    const { scheduler, clock, shut } = open();
    await scheduler.start();
    const trigger = interval({ seconds: 5, endDate: new Date(T0 + 12_000) });
    const job = await scheduler.addJob({ id: "a", func: "tick", trigger });
    await job.pause();
    await clock.advance(20_000);
    await job.resume();
    expect(await scheduler.getJob("a")).toBeUndefined();
    await shut();
  });

  test("modify changes anything but the id and leaves the next run; reschedule moves it", async () => {
    const { scheduler, shut } = open();
    await scheduler.start();
    const job = await scheduler.addJob({ id: "a", func: "tick", trigger: interval({ minutes: 5 }) });
    const before = job.nextRunTime;
    await (await job.modify({ maxInstances: 6, name: "Alternate name" })).modify({ tags: ["x"] });
    expect([job.maxInstances, job.name, job.tags, job.nextRunTime]).toEqual([6, "Alternate name", ["x"], before]);
    await expect(job.modify({ id: "b" } as never)).rejects.toThrow(/^id: /);
    await job.reschedule(cron({ minute: "*/7" }));
    expect(String(job)).toBe("Alternate name (trigger: cron[minute='*/7'], next run at: 2026-01-05 00:00:00 UTC)");
    await shut();
  });

  test("remove, removeJob and removeAllJobs; unknown ids are told", async () => {
    const { scheduler, shut } = open();
    await scheduler.start();
    const job = await scheduler.addJob({ id: "a", func: "tick", trigger: interval({ hours: 1 }) });
    await scheduler.addJob({ id: "b", func: "tick", trigger: interval({ hours: 1 }) });
    await job.remove();
    await expect(job.remove()).rejects.toThrow(JobNotFoundError);
    await expect(scheduler.pauseJob("a")).rejects.toThrow(JobNotFoundError);
    await expect(scheduler.runNow("a")).rejects.toThrow(JobNotFoundError);
    expect(await scheduler.removeAllJobs()).toBe(1);
    expect(await scheduler.getJobs()).toHaveLength(0);
    await shut();
  });

  test("printJobs prints as APScheduler does", async () => {
    const { scheduler, shut } = open({ stores: { other: new MemoryJobStore() }, timezone: "MST" });
    let text = "";
    const out = {
      write: (part: string) => {
        text += part;
        return true;
      },
    };
    await scheduler.printJobs({ out });
    expect(text).toBe("Pending jobs:\n    No pending jobs\n");
    await scheduler.start();
    await scheduler.addJob({ func: "tick", name: "job", trigger: interval({ seconds: 3 }) });
    text = "";
    await scheduler.printJobs({ out });
    expect(text).toBe(
      "Jobstore default:\n    job (trigger: interval[0:00:03], next run at: 2026-01-04 17:00:03 MST)\n" +
        "Jobstore other:\n    No scheduled jobs\n",
    );
    await shut();
  });
});

describe("running jobs", () => {
  test("3 s interval, 5 s task, one instance: every other run is skipped, said, and written down", async () => {
    const { scheduler, clock, logger, openGates, shut } = open();
    await scheduler.start();
    const skipped: number[] = [];
    scheduler.on("job:maxInstances", (event) =>
      skipped.push(...event.scheduledRunTimes.map((at) => (at - T0) / 1_000)),
    );
    await scheduler.addJob({ id: "a", name: "job", func: "slow", trigger: interval({ seconds: 3 }) });
    await clock.advance(8_000);
    await openGates();
    await clock.advance(1_500);
    expect(skipped).toEqual([6]);
    expect(logger.lines.filter((line) => line.startsWith("warn"))).toEqual([
      'warn Execution of job "job (trigger: interval[0:00:03], next run at: 2026-01-05 00:00:06 UTC)" skipped: maximum number of running instances reached (1)',
    ]);
    const { executions } = await scheduler.executions({ jobId: "a" });
    expect(executions.map(({ state }) => state)).toEqual(["running", "max_instances", "executed"]);
    await shut();
  });

  test("coalescing keeps the latest missed run, the earliest, or all of them one after the other", async () => {
    const { scheduler, clock, runs, shut } = open();
    await scheduler.start();
    await scheduler.pause();
    for (const coalesce of ["latest", "earliest", false] as const) {
      await scheduler.addJob({ func: "tick", trigger: interval({ seconds: 10 }), coalesce });
    }
    await clock.advance(35_000);
    await scheduler.resume();
    await clock.advance(1);
    expect(runs.sort((a, b) => a - b)).toEqual([10, 10, 20, 30, 30]);
    await shut();
  });

  test("a backlog of a month, each second, costs no time and keeps the last thousand", async () => {
    const { scheduler, clock, runs, shut } = open();
    await scheduler.start();
    await scheduler.pause();
    await scheduler.addJob({
      func: "tick",
      trigger: interval({ seconds: 1 }),
      coalesce: false,
      misfireGraceTime: null,
    });
    await scheduler.addJob({ func: "tick", trigger: cron({ second: "*" }), coalesce: true });
    clock.step(30 * 86_400_000);
    await scheduler.resume();
    await clock.advance(1);
    expect(runs).toHaveLength(1_001);
    expect(Math.max(...runs)).toBe(30 * 86_400);
    await shut();
  });

  test("an error is told with its exception, written down with its stack, and the job goes on", async () => {
    const { scheduler, clock, logger, shut } = open();
    await scheduler.start();
    const errors: unknown[] = [];
    scheduler.on("job:error", ({ error }) => errors.push(error));
    scheduler.registerTask("bad", () => {
      throw new RangeError("no such thing");
    });
    await scheduler.addJob({ id: "a", func: "bad", trigger: interval({ seconds: 1 }) });
    await clock.advance(2_100);
    expect(errors).toHaveLength(2);
    const [execution] = (await scheduler.executions({ jobId: "a" })).executions;
    expect(execution).toMatchObject({ state: "error", error: "no such thing" });
    expect(execution?.stack).toContain("RangeError");
    expect(logger.lines.some((line) => line.startsWith('error Job "bad (trigger'))).toBe(true);
    await shut();
  });

  test("retries wait longer each time and keep the execution's id", async () => {
    const { scheduler, clock, shut } = open();
    await scheduler.start();
    const attempts: [number, number, string][] = [];
    scheduler.registerTask("flaky", ({ attempt, executionId }) => {
      attempts.push([attempt, (clock.now() - T0) / 1_000, executionId]);
      if (attempt < 3) throw new Error("not yet");
      return "done";
    });
    await scheduler.addJob({ id: "a", func: "flaky", retries: { max: 3, delayMs: 2_000 } });
    await clock.advance(20_000);
    expect(attempts.map(([attempt, at]) => [attempt, at])).toEqual([
      [1, 0],
      [2, 2],
      [3, 6],
    ]);
    expect(new Set(attempts.map(([, , id]) => id)).size).toBe(1);
    const { executions } = await scheduler.executions({ jobId: "a" });
    expect(executions).toMatchObject([{ state: "executed", attempt: 3, result: "done" }]);
    await shut();
  });

  test("a run that takes too long has its signal aborted and is an error", async () => {
    const { scheduler, clock, shut } = open();
    await scheduler.start();
    scheduler.registerTask(
      "obedient",
      ({ signal }) => new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
    );
    await scheduler.addJob({ id: "a", func: "obedient", timeoutMs: 1_500 });
    await clock.advance(1_600);
    expect((await scheduler.executions()).executions).toMatchObject([
      { state: "error", error: "timed out after 1500 ms", durationMs: 1_500 },
    ]);
    await shut();
  });

  test("run now counts as an instance and leaves the next run alone", async () => {
    const { scheduler, clock, openGates, shut } = open();
    await scheduler.start();
    const job = await scheduler.addJob({ id: "a", func: "slow", trigger: interval({ hours: 1 }) });
    const executionId = await job.runNow();
    await clock.advance(600);
    await expect(job.runNow()).rejects.toThrow(MaxInstancesError);
    expect((await scheduler.execution(executionId))?.state).toBe("running");
    await openGates();
    expect((await scheduler.execution(executionId))?.state).toBe("executed");
    expect((await scheduler.getJob("a"))?.nextRunTime).toEqual(job.nextRunTime);
    await shut();
  });

  test("a run can be cancelled", async () => {
    const { scheduler, clock, shut } = open();
    await scheduler.start();
    scheduler.registerTask(
      "obedient",
      ({ signal }) => new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
    );
    const job = await scheduler.addJob({ id: "a", func: "obedient", trigger: interval({ hours: 1 }) });
    const executionId = await job.runNow();
    await clock.advance(10);
    expect(await scheduler.cancelExecution(executionId)).toBe(true);
    await clock.advance(10);
    expect((await scheduler.execution(executionId))?.state).toBe("cancelled");
    expect(await scheduler.cancelExecution(executionId)).toBe(false);
    await shut();
  });

  test("two schedulers on one store run each job once, and a dead one's late runs are taken over", async () => {
    const clock = new VirtualClock(T0);
    const store = new MemoryJobStore({ clock, shared: true });
    const started: string[] = [];
    const schedulers = ["a", "b"].map((name, at) => {
      const scheduler = new Scheduler({
        clock,
        logger: heard(),
        timezone: "UTC",
        random: () => at / 2,
        stores: { default: store },
      });
      scheduler.registerTask("hang", ({ attempt }) => {
        started.push(`${name}${attempt}`);
        return attempt === 1 ? new Promise(() => {}) : "done";
      });
      return scheduler;
    });
    for (const scheduler of schedulers) await scheduler.start();
    await schedulers[0]!.addJob({ id: "x", func: "hang", ack: "late" });
    await clock.advance(100);
    expect(started).toHaveLength(1);
    const victim = schedulers[started[0]!.startsWith("a") ? 0 : 1]!;
    const stopped = victim.shutdown({ wait: false });
    await clock.advance(3_000);
    await stopped;
    expect(started).toHaveLength(2);
    expect((await store.executions.list({})).executions).toMatchObject([{ state: "executed", result: "done" }]);
    const rest = Promise.all(schedulers.map((scheduler) => scheduler.shutdown()));
    await clock.advance(60_000);
    await rest;
  });
});

describe("the scheduler", () => {
  test("starts once, shuts down once, and says so", async () => {
    const { scheduler, logger, shut } = open();
    await scheduler.start();
    expect(scheduler.state).toBe("running");
    await expect(scheduler.start()).rejects.toThrow(SchedulerStateError);
    await shut();
    await shut();
    expect(scheduler.state).toBe("stopped");
    expect(logger.lines).toEqual(["info Scheduler started", "info Scheduler has been shut down"]);
    await expect(scheduler.pause()).rejects.toThrow(SchedulerStateError);
  });

  test("run resolves when it has been shut down", async () => {
    const { scheduler, clock, shut } = open();
    let over = false;
    const running = scheduler.run().then(() => {
      over = true;
    });
    await clock.advance(1_000);
    expect(over).toBe(false);
    await shut();
    await running;
  });

  test("shutdown waits for what runs, not longer than it may", async () => {
    const { scheduler, clock, shut, openGates } = open();
    await scheduler.start();
    await scheduler.addJob({ id: "a", func: "slow" });
    await clock.advance(10);
    let over = false;
    const stopped = scheduler.shutdown({ timeoutMs: 10_000 }).then(() => {
      over = true;
    });
    await clock.advance(5_000);
    expect(over).toBe(false);
    await openGates();
    await clock.advance(1_000);
    await stopped;
    await shut();
  });

  test("started paused, it adds and changes jobs but runs none", async () => {
    const { scheduler, clock, runs, shut } = open();
    await scheduler.start({ paused: true });
    await scheduler.addJob({ func: "tick", trigger: interval({ seconds: 1 }), coalesce: true });
    await clock.advance(5_000);
    expect([scheduler.state, runs]).toEqual(["paused", []]);
    await scheduler.resume();
    await clock.advance(1_100);
    expect(runs).toEqual([5, 6]);
    await shut();
  });

  test("listeners hear by name and by mask, and one that throws harms nobody", async () => {
    const { scheduler, clock, logger, shut } = open();
    const codes: number[] = [];
    const few: unknown[] = [];
    scheduler.addListener(() => {
      throw new Error("listener");
    }, EVENT_JOB_ADDED);
    scheduler.addListener(({ code }) => codes.push(code), EVENT_ALL);
    scheduler.addListener((event) => few.push(event), EVENT_JOB_EXECUTED | EVENT_JOB_ERROR);
    await scheduler.start();
    await scheduler.addJob({ id: "a", func: () => 42 });
    await clock.advance(10);
    await shut();
    expect(codes).toEqual([2 ** 0, 2 ** 9, 2 ** 15, 2 ** 10, 2 ** 12, 2 ** 1]);
    expect(few).toMatchObject([
      { code: 2 ** 12, jobId: "a", jobstore: "default", retval: 42, scheduledRunTime: new Date(T0) },
    ]);
    expect(logger.lines).toContain("error A listener failed: Error: listener");
  });

  test("several stores and executors, added and removed while it runs", async () => {
    const { scheduler, clock, runs, shut } = open();
    await scheduler.start();
    await scheduler.addStore("second", new MemoryJobStore({ clock }));
    await expect(scheduler.addStore("second", new MemoryJobStore())).rejects.toThrow(/^alias: /);
    await scheduler.addJob({ id: "a", func: "tick", store: "second", trigger: interval({ seconds: 1 }) });
    await clock.advance(1_100);
    const removed = scheduler.removeStore("second");
    await clock.advance(2_000);
    await removed;
    await clock.advance(5_000);
    expect(runs).toEqual([1]);
    expect(await scheduler.getJob("a")).toBeUndefined();
    const orphaned: object[] = [];
    scheduler.on("job:orphaned", (event) => orphaned.push(event));
    await scheduler.addJob({ id: "b", func: "tick", executor: "missing", misfireGraceTime: null });
    expect(await scheduler.orphans()).toMatchObject([{ job: { id: "b" }, missing: "executor", name: "missing" }]);
    await clock.advance(60_000);
    expect(orphaned).toEqual([{ jobId: "b", store: "default", missing: "executor", name: "missing" }]);
    expect((await scheduler.executions({ jobId: "b" })).executions).toEqual([]);
    await scheduler.addExecutor("missing", new AsyncExecutor({ clock }));
    scheduler.wakeup();
    await clock.advance(10);
    expect((await scheduler.executions({ jobId: "b" })).executions).toMatchObject([{ state: "executed" }]);
    expect(await scheduler.orphans()).toEqual([]);
    await shut();
  });

  test("a wall clock that is set back repeats nothing, one set forward runs what is due once", async () => {
    const { scheduler, clock, runs, shut } = open();
    await scheduler.start();
    await scheduler.addJob({ func: "tick", trigger: interval({ minutes: 10 }), misfireGraceTime: null });
    await clock.advance(601_000);
    clock.step(-3_600_000);
    await clock.advance(3_000_000);
    expect(runs).toEqual([600]);
    clock.step(7_200_000);
    await clock.advance(60_000);
    expect(runs).toHaveLength(2);
    await shut();
  });

  test("old executions are removed by their age", async () => {
    const { scheduler, clock, shut } = open();
    await scheduler.start();
    await scheduler.addJob({ func: "tick" });
    await clock.advance(3_600_000);
    await scheduler.addJob({ func: "tick" });
    await clock.advance(1_000);
    expect(await scheduler.deleteOldExecutions(1_800_000)).toBe(1);
    expect((await scheduler.executions()).executions).toHaveLength(1);
    await shut();
  });
});
