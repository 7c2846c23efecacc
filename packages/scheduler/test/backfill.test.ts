import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { bundled, eventually } from "@headline/testkit";
import { describe, expect, test } from "@jest/globals";
import type { RunContext } from "../src/core/task.js";
import { AsyncExecutor } from "../src/executors/async-executor.js";
import {
  type Ack,
  anyOf,
  type Backfill,
  cron,
  every,
  interval,
  type JobSpec,
  MemoryJobStore,
  Scheduler,
  withoutDays,
} from "../src/index.js";
import { everyStore, STORE_KINDS, type StoreKind } from "./every-store.js";
import { heard } from "./quiet.js";

const openStore = everyStore();
const FIRST = Date.UTC(2026, 0, 1);
const HOUR_MS = 3_600_000;
const hour = (count: number) => FIRST + count * HOUR_MS;
/** Every hour since the year began, and not in this century by itself. */
const HOURLY = {
  id: "hourly",
  func: "work",
  trigger: interval({ hours: 1, startDate: "2026-01-01T00:00Z" }),
  nextRunTime: "2099-01-01T00:00Z",
} as const satisfies JobSpec;

/** A scheduler whose task notes its run times, and waits to be let go when it is asked to. */
async function open(kind: StoreKind, { namespace, paused = false }: { namespace?: string; paused?: boolean } = {}) {
  const store = openStore(kind, namespace);
  const scheduler = new Scheduler({ logger: heard(), timezone: "UTC", stores: { default: store }, leaseMs: 2_000 });
  const ran: number[] = [];
  const ending: (() => void)[] = [];
  scheduler.registerTask("work", async ({ scheduledAt, signal }: RunContext, waits: unknown) => {
    ran.push(scheduledAt);
    if (waits !== "waits") return;
    await new Promise<void>((resolve, reject) => {
      ending.push(resolve);
      signal.addEventListener("abort", () => reject(new Error("interrupted")));
    });
  });
  await store.migrate();
  await scheduler.start({ paused });
  return {
    store,
    scheduler,
    ran,
    end: () => {
      for (const resolve of ending.splice(0)) resolve();
    },
    executions: async () => (await scheduler.executions({ jobId: "hourly", limit: 1_000 })).executions,
    [Symbol.asyncDispose]: () => scheduler.shutdown({ wait: false }),
  };
}

/** States of the executions of each run time, in order. */
function statesOf(executions: readonly { scheduledAt: number; state: string }[]): Record<number, string[]> {
  const states: Record<number, string[]> = {};
  for (const { scheduledAt, state } of executions) {
    const at = (scheduledAt - FIRST) / HOUR_MS;
    states[at] = [...(states[at] ?? []), state].sort();
  }
  return states;
}

describe.each(STORE_KINDS)("a backfill on %s", (kind) => {
  test("runs each run time of the range once, in order, whoever asks how often", async () => {
    await using world = await open(kind);
    const { scheduler, ran } = world;
    const job = await scheduler.addJob({ ...HOURLY, misfireGraceTime: 1, maxRuns: 5 });
    const { runs, leftOut } = await job.backfill({ from: "2026-01-01 01:00", to: "2026-01-01 03:30" });
    expect([runs.map(({ scheduledAt }) => scheduledAt), leftOut]).toEqual([[hour(1), hour(2), hour(3)], 0]);
    await eventually(async () =>
      expect(statesOf(await world.executions())).toEqual({ 1: ["executed"], 2: ["executed"], 3: ["executed"] }),
    );
    expect(ran).toEqual([hour(1), hour(2), hour(3)]);

    const wider = await scheduler.backfill("hourly", { from: new Date(hour(0)), to: hour(4) });
    expect([wider.runs.map(({ scheduledAt }) => scheduledAt), wider.leftOut]).toEqual([[hour(0), hour(4)], 3]);
    await eventually(() => expect(ran).toEqual([1, 2, 3, 0, 4].map(hour)));
    await eventually(async () =>
      expect((await world.executions()).every(({ state }) => state === "executed")).toBe(true),
    );
    expect(await job.backfill({ from: hour(0), to: hour(4) })).toEqual({ runs: [], leftOut: 5 });
    const stored = await scheduler.getJob("hourly");
    expect([stored?.runCount, stored?.nextRunTime]).toEqual([0, new Date("2099-01-01T00:00Z")]);
  });

  test("and the timetable run no run time twice; what was missed or found no place runs again", async () => {
    await using world = await open(kind);
    const { scheduler, ran } = world;
    const trigger = interval({ hours: 1, startDate: "2026-01-01T00:00Z", endDate: "2026-01-01T03:00Z" });
    const job = await scheduler.addJob({ ...HOURLY, trigger, coalesce: false, misfireGraceTime: 1 });
    await job.backfill({ from: hour(1), to: hour(1) });
    await eventually(async () => expect(statesOf(await world.executions())).toEqual({ 1: ["executed"] }));
    // All of it is due, and too late, but for the run that it had.
    await job.modify({ nextRunTime: new Date(hour(0)) });
    const missed = { 0: ["missed"], 1: ["executed"], 2: ["missed"], 3: ["missed"] };
    await eventually(async () => expect(statesOf(await world.executions())).toEqual(missed));
    expect(ran).toEqual([hour(1)]);
  });

  test("runs what was missed once more, and never a second time, also when the old row is forgotten", async () => {
    await using world = await open(kind);
    const { scheduler, ran, store } = world;
    const job = await scheduler.addJob({ ...HOURLY, coalesce: "earliest", misfireGraceTime: 1 });
    await job.modify({ nextRunTime: new Date(hour(2)) });
    await eventually(async () => expect(statesOf(await world.executions())).toEqual({ 2: ["missed"] }));
    const first = await job.backfill({ from: hour(2), to: hour(2) });
    expect(first).toMatchObject({ runs: [{ scheduledAt: hour(2) }], leftOut: 0 });
    await eventually(async () => expect(statesOf(await world.executions())).toEqual({ 2: ["executed", "missed"] }));
    expect(await store.executions.deleteBefore((await store.now()) + 1_000, 1)).toBe(1);
    expect(await job.backfill({ from: hour(2), to: hour(2) })).toEqual({ runs: [], leftOut: 1 });
    expect(ran).toEqual([hour(2)]);
  });

  test("takes one place, goes on without its job, and writes nothing when there is none", async () => {
    await using world = await open(kind);
    const { scheduler, ran } = world;
    const job = await scheduler.addJob({ ...HOURLY, args: ["waits"], overlap: "queue-one" });
    const { runs } = await job.backfill({ from: hour(0), to: hour(3) });
    await eventually(() => expect(ran).toEqual([hour(0)]));
    await expect(job.backfill({ from: hour(0), to: hour(9) })).rejects.toMatchObject({ name: "MaxInstancesError" });
    expect(await world.executions()).toHaveLength(4);
    await scheduler.cancelExecution(runs[2]!.executionId);
    await scheduler.pauseJob("hourly");
    world.end();
    await eventually(() => expect(ran).toEqual([hour(0), hour(1)]));
    await scheduler.removeJob("hourly");
    world.end();
    await eventually(() => expect(ran).toEqual([hour(0), hour(1), hour(3)]));
    world.end();
    const ended = { 0: ["executed"], 1: ["executed"], 2: ["cancelled"], 3: ["executed"] };
    await eventually(async () => expect(statesOf(await world.executions())).toEqual(ended));
  });

  test("that a paused scheduler is asked for runs when it is resumed, as a run by hand does", async () => {
    await using world = await open(kind, { paused: true });
    const { scheduler, ran } = world;
    const job = await scheduler.addJob({ ...HOURLY, maxInstances: 2 });
    await job.backfill({ from: hour(0), to: hour(1) });
    const byHand = await job.runNow();
    expect(ran).toEqual([]);
    await scheduler.resume();
    await eventually(() => expect(ran).toHaveLength(3));
    expect(ran).toEqual(expect.arrayContaining([hour(0), hour(1)]));
    await eventually(async () => expect((await scheduler.execution(byHand))?.state).toBe("executed"));
  });

  test("goes on elsewhere behind the run that a shutdown ends, early as well", async () => {
    const namespace = `left-${kind}`;
    const world = await open(kind, { namespace });
    const job = await world.scheduler.addJob({ ...HOURLY, args: ["waits"] });
    await job.backfill({ from: hour(0), to: hour(2) });
    await eventually(() => expect(world.ran).toEqual([hour(0)]));
    await world.scheduler.shutdown({ wait: false });
    await using other = await open(kind, { namespace });
    await eventually(() => expect(other.ran).toEqual([hour(1)]));
    other.end();
    await eventually(() => expect(other.ran).toEqual([hour(1), hour(2)]));
    other.end();
    const ended = { 0: ["cancelled"], 1: ["executed"], 2: ["executed"] };
    await eventually(async () => expect(statesOf(await other.executions())).toEqual(ended));
    expect(world.ran).toEqual([hour(0)]);
  });

  test("whose executor is removed behind a run that has ended starts that run once", async () => {
    const namespace = `removed-${kind}`;
    await using world = await open(kind, { namespace });
    const { scheduler, ran } = world;
    await scheduler.addExecutor("side", new AsyncExecutor());
    const job = await scheduler.addJob({ ...HOURLY, executor: "side", args: ["waits"] });
    await job.backfill({ from: hour(0), to: hour(1) });
    await eventually(() => expect(ran).toEqual([hour(0)]));
    const removed = scheduler.removeExecutor("side");
    world.end();
    await removed;
    await eventually(async () => expect(statesOf(await world.executions())[0]).toEqual(["executed"]));
    await scheduler.addExecutor("side", new AsyncExecutor());
    await eventually(() => expect(ran.length).toBeGreaterThan(1));
    expect(ran).toEqual([hour(0), hour(1)]);
  });

  test("runs what was lost, cancelled or failed only when it is asked to", async () => {
    await using world = await open(kind);
    const { scheduler, ran } = world;
    const job = await scheduler.addJob({ ...HOURLY, args: ["waits"] });
    const range = { from: hour(0), to: hour(1) };
    const { runs } = await job.backfill(range);
    await eventually(() => expect(ran).toEqual([hour(0)]));
    await scheduler.cancelExecution(runs[0]!.executionId);
    await eventually(() => expect(ran).toEqual([hour(0), hour(1)]));
    world.end();
    const ended = { 0: ["cancelled"], 1: ["executed"] };
    await eventually(async () => expect(statesOf(await world.executions())).toEqual(ended));
    expect(await job.backfill(range)).toEqual({ runs: [], leftOut: 2 });
    expect(await job.backfill({ ...range, again: ["lost", "error"] })).toEqual({ runs: [], leftOut: 2 });
    const again = await job.backfill({ ...range, again: ["cancelled"] });
    expect(again).toMatchObject({ runs: [{ scheduledAt: hour(0) }], leftOut: 1 });
    await eventually(() => expect(ran).toEqual([hour(0), hour(1), hour(0)]));
    world.end();
    const twice = { 0: ["cancelled", "executed"], 1: ["executed"] };
    await eventually(async () => expect(statesOf(await world.executions())).toEqual(twice));
  });

  test("of a paused job goes up to now, of another up to its next run", async () => {
    await using world = await open(kind);
    const { scheduler } = world;
    const job = await scheduler.addJob({ ...HOURLY, trigger: cron({ minute: 0, second: 0, timezone: "UTC" }) });
    await job.pause();
    const nowMs = await world.store.now();
    const { runs } = await job.backfill({ from: nowMs - 3 * HOUR_MS, to: nowMs + 99 * HOUR_MS });
    expect([3, 4]).toContain(runs.length);
    expect(runs.every(({ scheduledAt }) => scheduledAt <= nowMs + HOUR_MS)).toBe(true);
    await eventually(() => expect(world.ran).toHaveLength(runs.length));
    await eventually(async () =>
      expect((await world.executions()).every(({ state }) => state === "executed")).toBe(true),
    );
    await scheduler.pause();
    await job.modify({ nextRunTime: new Date(hour(2)) });
    const before = await job.backfill({ from: hour(0), to: hour(5) });
    expect(before.runs.map(({ scheduledAt }) => scheduledAt)).toEqual([hour(0), hour(1)]);
  });
});

describe.each(["MySQL", "Redis"] as const)("a backfill by a client of %s", (kind) => {
  test("that others ask for at the same time runs each run time once", async () => {
    const namespace = `together-${kind}`;
    await using one = await open(kind, { namespace });
    await using other = await open(kind, { namespace, paused: true });
    await one.scheduler.addJob({ ...HOURLY, maxInstances: 8 });
    const ranges = [0, 1, 2, 3].map((at) => ({ from: hour(at), to: hour(at + 9) }));
    const asked = await Promise.all(
      ranges.flatMap((range) => [one, other].map(({ scheduler }) => scheduler.backfill("hourly", range))),
    );
    const times = asked.flatMap(({ runs }) => runs.map(({ scheduledAt }) => scheduledAt));
    const each = Array.from({ length: 13 }, (_, at) => hour(at));
    const inOrder = (all: readonly number[]) => all.toSorted((a, b) => a - b);
    expect(inOrder(times)).toEqual(each);
    expect(asked.reduce((sum, { leftOut }) => sum + leftOut, 0)).toBe(8 * 10 - 13);
    await eventually(() => expect(inOrder(one.ran)).toEqual(each));
    await eventually(async () =>
      expect((await one.executions()).every(({ state }) => state === "executed")).toBe(true),
    );
  });

  test("survives kill -9 of the process that runs it; what is lost of early runs is had again when it is asked for", async () => {
    const namespace = `backfill-${kind}`;
    await using client = await open(kind, { namespace, paused: true });
    const { scheduler } = client;
    const victim = await startWorker(kind, namespace);
    const ran = { late: [] as number[], early: [] as number[] };
    const until = (runs: Backfill["runs"], state: string) =>
      eventually(async () => {
        const found = await Promise.all(runs.map(({ executionId }) => scheduler.execution(executionId)));
        expect(found.map((execution) => execution?.state)).toEqual(runs.map(() => state));
      });
    try {
      const range = { from: hour(0), to: hour(2) };
      const [late, early] = (["late", "early"] as const).map((ack) =>
        scheduler.addJob({ ...HOURLY, id: ack, ack, args: [600_000] }),
      );
      scheduler.registerTask("work", ({ jobId, scheduledAt }) => void ran[jobId as Ack].push(scheduledAt));
      const [ofLate, ofEarly] = [await (await late!).backfill(range), await (await early!).backfill(range)];
      await victim.started("late", "early");
      victim.process.kill("SIGKILL");
      await once(victim.process, "exit");
      await scheduler.resume();
      await until(ofLate.runs, "executed");
      await until(ofEarly.runs, "lost");
      expect(ran).toEqual({ late: [hour(0), hour(1), hour(2)], early: [] });
      expect(await scheduler.backfill("early", range)).toEqual({ runs: [], leftOut: 3 });
      const { runs } = await scheduler.backfill("early", { ...range, again: ["lost"] });
      await until(runs, "executed");
      expect(ran.early).toEqual(ran.late);
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
  const lines: { what: string; jobId?: string }[] = [];
  createInterface({ input: process_.stdout! }).on("line", (line) => lines.push(JSON.parse(line)));
  const started = (...jobIds: string[]) =>
    eventually(() => expect(lines.flatMap(({ jobId = [] }) => jobId)).toEqual(expect.arrayContaining(jobIds)));
  await eventually(() => expect(lines.map((line) => line.what)).toContain("ready"));
  return { process: process_, started };
}

describe("a backfill is refused by name", () => {
  const refused = async (more: Partial<JobSpec>, range: object) => {
    const scheduler = new Scheduler({ logger: heard(), timezone: "UTC", stores: { default: new MemoryJobStore() } });
    scheduler.registerTask("work", () => {});
    await scheduler.start({ paused: true });
    try {
      const job = await scheduler.addJob({ ...HOURLY, ...more });
      return await job.backfill(range as { from: number; to: number }).catch((error: Error) => error.message);
    } finally {
      await scheduler.shutdown();
    }
  };
  const range = { from: hour(0), to: hour(5) };

  test.each<[string, Partial<JobSpec>, object]>([
    [
      "to: the range has more than 1,000 run times; backfill the range before 2026-02-11T16:00:00.000Z first",
      {},
      { from: hour(0), to: hour(1_000) },
    ],
    ["to: must not be before `from`", {}, { from: hour(1), to: hour(0) }],
    ["to: is missing", {}, { from: hour(0) }],
    ["from: ", {}, { from: "yesterday", to: hour(0) }],
    ["jitter: ", { trigger: cron({ hour: 1, jitter: 5 }) }, range],
    [
      "jitter: ",
      { trigger: withoutDays(anyOf(cron({ hour: 1, jitter: 5 }), cron({ hour: 2 })), { days: ["sun"] }) },
      range,
    ],
    ["jitter: ", { trigger: anyOf(cron({ hour: 1 }), cron({ hour: 2 }), { jitter: 5 }), randomizedOffset: 60 }, range],
    ["trigger: ", { trigger: every(3).hours.do(() => {}).trigger }, range],
    ["again: must be a list of lost, cancelled, error", {}, { ...range, again: ["executed"] }],
    ["again: must be a list of lost, cancelled, error", {}, { ...range, again: "lost" }],
    ["until: backfill has no such option", {}, { ...range, until: 1 }],
  ])("%s", async (message, more, given) => {
    expect(await refused(more, given)).toContain(message);
  });

  test("a thousand run times are not too many", async () => {
    expect(await refused({}, { from: hour(0), to: hour(999) })).toMatchObject({ leftOut: 0 });
  });

  test("before the scheduler is started, and for a job that there is not", async () => {
    const scheduler = new Scheduler({ logger: heard() });
    const job = await scheduler.addJob({ func: () => {}, trigger: interval({ hours: 1 }) });
    await expect(job.backfill(range)).rejects.toMatchObject({ name: "SchedulerStateError" });
    await expect(scheduler.backfill("gone", range)).rejects.toMatchObject({ name: "JobNotFoundError" });
  });
});
