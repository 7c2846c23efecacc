import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { bundled, eventually } from "@headline/testkit";
import { describe, expect, test } from "@jest/globals";
import type { RunContext } from "../src/core/task.js";
import { date, interval, type JobSpec, MemoryJobStore, Scheduler } from "../src/index.js";
import { VirtualClock } from "../src/simulation/virtual-clock.js";
import { everyStore, STORE_KINDS, type StoreKind } from "./every-store.js";
import { heard } from "./quiet.js";

const openStore = everyStore();

/** A scheduler whose task notes its first argument and ends when it is let go, or by its signal. */
function open(kind: StoreKind, namespace?: string) {
  const logger = heard();
  const store = openStore(kind, namespace);
  const scheduler = new Scheduler({ logger, timezone: "UTC", stores: { default: store }, leaseMs: 2_000 });
  const started: unknown[] = [];
  const ending: (() => void)[] = [];
  scheduler.registerTask("index", async ({ signal }: RunContext, what: unknown) => {
    started.push(what);
    await new Promise<void>((resolve, reject) => {
      ending.push(resolve);
      signal.addEventListener("abort", () => (what === "returns" ? resolve() : reject(new Error("interrupted"))));
    });
  });
  const stateOf = async (id: string) => (await scheduler.execution(id))?.state;
  const until = (id: string, state: string) => eventually(async () => expect(await stateOf(id)).toBe(state));
  const end = () => {
    for (const resolve of ending.splice(0)) resolve();
  };
  return {
    scheduler,
    started,
    end,
    stateOf,
    until,
    logger,
    [Symbol.asyncDispose]: () => scheduler.shutdown({ wait: false }),
  };
}

/** Never runs by itself. */
const BY_HAND = { id: "index", func: "index", trigger: interval({ days: 1_000 }) } as const satisfies JobSpec;

describe.each(STORE_KINDS)("overlap on %s", (kind) => {
  test("queue-one: the last change runs once more, with its arguments and its run time", async () => {
    await using world = open(kind);
    const { scheduler, started, until } = world;
    const queued: string[] = [];
    const skipped: (readonly number[])[] = [];
    scheduler.on("job:queued", ({ executionId }) => queued.push(executionId));
    scheduler.on("job:maxInstances", ({ scheduledRunTimes }) => skipped.push(scheduledRunTimes));
    await scheduler.start();
    const job = await scheduler.addJob({ ...BY_HAND, args: [1], overlap: "queue-one" });
    const first = await job.runNow();
    await eventually(async () => expect(started).toEqual([1]));
    const ids = [];
    for (const what of [2, 3, 4]) {
      await job.modify({ args: [what] });
      ids.push(await scheduler.runNow("index"));
    }
    const [second, third, fourth] = ids as [string, string, string];
    await job.modify({ args: [5] });
    expect([await world.stateOf(second), await world.stateOf(third)]).toEqual(["max_instances", "max_instances"]);
    expect(await scheduler.execution(fourth)).toMatchObject({ state: "queued", startedAt: null, finishedAt: null });
    const skippedRows = await Promise.all([second, third].map((id) => scheduler.execution(id)));
    expect([queued, skipped]).toEqual([ids, skippedRows.map((row) => [row?.scheduledAt])]);
    world.end();
    await until(first, "executed");
    await eventually(async () => expect(started).toEqual([1, 5]));
    world.end();
    await until(fourth, "executed");
    expect((await scheduler.executions({})).executions).toHaveLength(4);
  });

  test("queue-one: a one-off that replaces itself while it runs is not lost with its trigger", async () => {
    await using world = open(kind);
    const { scheduler, started } = world;
    await scheduler.start();
    const again = (what: number) =>
      scheduler.addJob({ id: "once", func: "index", args: [what], onConflict: "replace", overlap: "queue-one" });
    await again(1);
    await eventually(async () => expect(started).toEqual([1]));
    await again(2);
    const waiting = async () => (await scheduler.executions({ jobId: "once", states: ["queued"] })).executions;
    await eventually(async () => expect(await waiting()).toHaveLength(1));
    await again(3);
    await eventually(async () => expect((await scheduler.executions({ jobId: "once" })).executions).toHaveLength(3));
    world.end();
    await eventually(async () => expect(started).toEqual([1, 3]));
    expect(await waiting()).toEqual([]);
    world.end();
  });

  test.each(["throws", "returns"])(
    "cancel-other: what runs %s, ends as cancelled, and the new run starts",
    async (how) => {
      await using world = open(kind);
      const { scheduler, started, until } = world;
      const cancelled: string[] = [];
      scheduler.on("job:cancelled", ({ executionId }) => cancelled.push(executionId));
      await scheduler.start();
      const retries = { max: 5, delayMs: 60_000 };
      const job = await scheduler.addJob({ ...BY_HAND, args: [how], overlap: "cancel-other", retries });
      const first = await job.runNow();
      await eventually(async () => expect(started).toEqual([how]));
      await job.modify({ args: ["next"] });
      const second = await job.runNow();
      await until(first, "cancelled");
      await eventually(async () => expect(started).toEqual([how, "next"]));
      expect(cancelled).toEqual([first]);
      world.end();
      await until(second, "executed");
    },
  );

  test("skip: as it was, unless this call says otherwise", async () => {
    await using world = open(kind);
    const { scheduler, started, until } = world;
    await scheduler.start();
    const job = await scheduler.addJob({ ...BY_HAND, args: [1] });
    expect(job.overlap).toBe("skip");
    const first = await job.runNow();
    await eventually(async () => expect(started).toEqual([1]));
    await expect(job.runNow()).rejects.toMatchObject({ name: "MaxInstancesError" });
    const second = await scheduler.runNow("index", undefined, { overlap: "queue-one" });
    expect(await world.stateOf(second)).toBe("queued");
    world.end();
    await until(first, "executed");
    await eventually(async () => expect(started).toEqual([1, 1]));
    world.end();
    await until(second, "executed");
    await expect(job.runNow({ overlap: "queue_one" as never })).rejects.toThrow('overlap: write "queue-one"');
  });

  test("cancelling, pausing and removing what waits", async () => {
    await using world = open(kind);
    const { scheduler, started, until } = world;
    await scheduler.start();
    const job = await scheduler.addJob({ ...BY_HAND, args: [1], overlap: "queue-one" });
    const first = await job.runNow();
    await eventually(async () => expect(started).toEqual([1]));
    const cancelled = await job.runNow();
    expect(await scheduler.cancelExecution(cancelled)).toBe(true);
    const paused = await job.runNow();
    await job.pause();
    expect([await world.stateOf(cancelled), await world.stateOf(paused)]).toEqual(["cancelled", "queued"]);
    await job.resume();
    const removed = await job.runNow();
    await job.remove();
    await until(removed, "cancelled");
    expect(await world.stateOf(paused)).toBe("max_instances");
    world.end();
    await until(first, "executed");
    expect(started).toEqual([1]);
  });

  test("a run held up by retries and a trigger of its own", async () => {
    await using world = open(kind);
    const { scheduler } = world;
    const attempts: string[] = [];
    scheduler.registerTask("flaky", ({ attempt, executionId }: RunContext) => {
      attempts.push(executionId);
      if (attempt === 1 && attempts.length === 1) throw new Error("first");
    });
    await scheduler.start();
    const retries = { max: 1, delayMs: 400, backoff: "fixed" } as const;
    const job = await scheduler.addJob({ ...BY_HAND, func: "flaky", overlap: "queue-one", retries });
    const first = await job.runNow();
    await eventually(async () => expect(attempts).toEqual([first]));
    const second = await job.runNow();
    await world.until(second, "executed");
    expect(attempts).toEqual([first, first, second]);
  });

  test("a task says it for its jobs, and a job says it better", async () => {
    await using world = open(kind);
    const { scheduler } = world;
    scheduler.registerTask("latest", () => {}, { overlap: "queue-one" });
    await scheduler.start();
    const trigger = date({ in: { days: 1 } });
    expect((await scheduler.addJob({ func: "latest", trigger })).overlap).toBe("queue-one");
    expect((await scheduler.addJob({ func: "latest", trigger, overlap: "skip" })).overlap).toBe("skip");
    const job = await scheduler.addJob({ id: "kept", func: "latest", trigger });
    await job.modify({ overlap: "cancel-other" });
    expect((await scheduler.getJob("kept"))?.overlap).toBe("cancel-other");
  });
});

describe.each(["MySQL", "Redis"] as const)("overlap across schedulers of %s", (kind) => {
  test("cancel-other ends a run of another process, and either starts the new one", async () => {
    const namespace = `cancel-${kind}`;
    await using one = open(kind, namespace);
    await using other = open(kind, namespace);
    await one.scheduler.start();
    const job = await one.scheduler.addJob({ ...BY_HAND, args: [1], overlap: "cancel-other" });
    const first = await job.runNow();
    await eventually(async () => expect(one.started).toEqual([1]));
    await other.scheduler.start();
    await other.scheduler.modifyJob("index", { args: [2] });
    const second = await other.scheduler.runNow("index");
    await one.until(first, "cancelled");
    await eventually(async () => expect([...one.started, ...other.started]).toEqual([1, 2]));
    one.end();
    other.end();
    await one.until(second, "executed");
  });

  test("what waits survives kill -9 of the process that runs, and starts with the latest arguments", async () => {
    const namespace = `killed-${kind}`;
    await using world = open(kind, namespace);
    const { scheduler, started } = world;
    await scheduler.start({ paused: true });
    const victim = await startWorker(kind, namespace);
    try {
      const job = await scheduler.addJob({ ...BY_HAND, func: "work", args: [600_000], overlap: "queue-one" });
      scheduler.registerTask("work", (_context, what) => void started.push(what));
      const first = await job.runNow();
      await victim.said("start");
      const second = await job.runNow();
      await job.modify({ args: ["latest"] });
      expect(await world.stateOf(second)).toBe("queued");
      victim.process.kill("SIGKILL");
      await once(victim.process, "exit");
      await scheduler.resume();
      await world.until(second, "executed");
      expect([started, await world.stateOf(first)]).toEqual([["latest"], "lost"]);
    } finally {
      victim.process.kill("SIGKILL");
    }
  }, 60_000);
});

/** A scheduler in a process of its own. */
async function startWorker(kind: "MySQL" | "Redis", namespace: string) {
  const script = await bundled(fileURLToPath(new URL("../tools/chaos/worker.ts", import.meta.url)));
  const url = openStore.url(kind);
  const process_: ChildProcess = spawn(process.execPath, [script, url, namespace, "2000"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const lines: { what: string }[] = [];
  createInterface({ input: process_.stdout! }).on("line", (line) => lines.push(JSON.parse(line)));
  const said = (what: string) => eventually(async () => expect(lines.map((line) => line.what)).toContain(what));
  await said("ready");
  return { process: process_, said };
}

describe("overlap by the clock", () => {
  const START = Date.UTC(2026, 0, 5);

  function world(spec: Partial<JobSpec>, workMs: number) {
    const clock = new VirtualClock(START);
    const store = new MemoryJobStore({ clock });
    const scheduler = new Scheduler({ clock, logger: heard(), timezone: "UTC", stores: { default: store } });
    const seconds = (at: number) => (at - START) / 1_000;
    const runs: [start: number, scheduled: number][] = [];
    scheduler.registerTask("work", async ({ scheduledAt }: RunContext) => {
      runs.push([seconds(clock.now()), seconds(scheduledAt)]);
      await new Promise<void>((resolve) => void clock.setTimer(workMs, resolve));
    });
    const add = () => scheduler.addJob({ id: "job", func: "work", trigger: interval({ seconds: 3 }), ...spec });
    return { clock, scheduler, runs, add };
  }

  test("a job every three seconds that takes nearly six runs back to back, each for the latest trigger", async () => {
    const { clock, scheduler, runs, add } = world({ overlap: "queue-one" }, 5_500);
    await scheduler.start();
    await add();
    await clock.advance(20_000);
    expect(runs).toEqual([
      [3, 3],
      [8.5, 6],
      [14, 12],
      [19.5, 18],
    ]);
    const { executions } = await scheduler.executions({ states: ["max_instances"] });
    expect(executions.map(({ scheduledAt }) => (scheduledAt - START) / 1_000).sort((a, b) => a - b)).toEqual([9, 15]);
  });

  test("waiting makes no misfire; a run that is too late already does not wait", async () => {
    const { clock, scheduler, runs, add } = world({ overlap: "queue-one", misfireGraceTime: 1 }, 60_000);
    await scheduler.start();
    await add();
    await clock.advance(70_000);
    expect(runs.map(([start]) => start)).toEqual([3, 63]);
    await scheduler.pause();
    await clock.advance(10_500);
    await scheduler.resume();
    await clock.advance(400);
    const scheduled = async (state: "queued" | "max_instances") =>
      (await scheduler.executions({ states: [state] })).executions.map(
        ({ scheduledAt }) => (scheduledAt - START) / 1_000,
      );
    expect([await scheduled("queued"), (await scheduled("max_instances"))[0]]).toEqual([[69], 78]);
  });
});

test("an overlap that is none is refused by name, everywhere", async () => {
  const scheduler = new Scheduler({ logger: heard() });
  const spec = { func: () => {}, trigger: date({ in: { days: 1 } }) };
  await expect(scheduler.addJob({ ...spec, overlap: "queue_one" as never })).rejects.toThrow(
    'overlap: write "queue-one", is "queue_one"',
  );
  await expect(scheduler.addJob({ ...spec, overlap: "buffer" as never })).rejects.toThrow(
    'overlap: must be "skip" or "queue-one" or "cancel-other", is "buffer"',
  );
  const job = await scheduler.addJob(spec);
  await expect(job.modify({ overlap: true as never })).rejects.toThrow("overlap: must be");
  expect(() => scheduler.registerTask("t", () => {}, { overlap: "no" as never })).toThrow('task "t": overlap: must be');
  expect(() => new Scheduler({ jobDefaults: { overlap: "cancelother" as never } })).toThrow(
    'jobDefaults.overlap: write "cancel-other"',
  );
});
