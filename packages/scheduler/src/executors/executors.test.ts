import { fileURLToPath } from "node:url";
import { throwawayRedis } from "@headline/testkit";
import { afterEach, describe, expect, test } from "@jest/globals";
import type { Executor, RunContext } from "../index.js";
import { Scheduler } from "../scheduler/scheduler.js";
import { settled, VirtualClock } from "../simulation/virtual-clock.js";
import { AsyncExecutor } from "./async-executor.js";
import { BullExecutor } from "./bull-executor.js";
import { BullTaskWorker } from "./bull-task-worker.js";
import { DebugExecutor } from "./debug-executor.js";
import { WorkerThreadExecutor } from "./thread-executor.js";

const quiet = { debug() {}, info() {}, warn() {}, error() {} };
const open: Scheduler[] = [];

afterEach(async () => {
  for (const scheduler of open.splice(0)) await scheduler.shutdown({ wait: false });
});

async function started(executor: Executor): Promise<Scheduler> {
  const scheduler = new Scheduler({ timezone: "UTC", logger: quiet, executors: { default: executor } });
  open.push(scheduler);
  await scheduler.start();
  return scheduler;
}

/** Adds a job that runs now and waits for its execution to end. */
async function outcome(scheduler: Scheduler, spec: Parameters<Scheduler["addJob"]>[0]) {
  const { id } = await scheduler.addJob(spec);
  for (let waited = 0; waited < 8_000; waited += 20) {
    const [execution] = (await scheduler.executions({ jobId: id })).executions;
    if (execution !== undefined && execution.finishedAt !== null) return execution;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error("the execution did not end");
}

const hostile = fileURLToPath(new URL("../../test/fixtures/thrown.mjs", import.meta.url));
const {
  default: run,
  THROWN,
  RETURNED,
} = (await import(hostile)) as {
  default: (context: RunContext, what: "throw" | "return", name: string) => unknown;
  THROWN: Readonly<Record<string, { keeps: string }>>;
  RETURNED: Readonly<Record<string, unknown>>;
};

/** Every value thrown ends as an error that keeps its text, and every value returned ends its run. */
async function endsWhateverHappens(scheduler: Scheduler): Promise<void> {
  scheduler.registerTask("run", run);
  const scheduled = Object.keys(THROWN).map(async (name) => {
    const execution = await outcome(scheduler, { func: "run", args: ["throw", name], retries: { max: 1, delayMs: 0 } });
    expect({ name, state: execution.state, attempt: execution.attempt }).toEqual({ name, state: "error", attempt: 2 });
    expect(execution.error).toContain(THROWN[name]!.keeps);
    expect(execution.error).not.toBe("");
    expect(execution.error).not.toContain("[object Object]");
  });
  await Promise.all(scheduled);
  for (const name of Object.keys(RETURNED)) {
    expect((await outcome(scheduler, { func: "run", args: ["return", name] })).state).toMatch(/^executed$|^error$/);
  }
}

test("a listener or a logger that throws keeps no run from its end", async () => {
  const fail = (): never => {
    throw Object.create(null);
  };
  const logger = { debug: fail, info: fail, warn: fail, error: fail };
  const scheduler = new Scheduler({ timezone: "UTC", logger });
  open.push(scheduler);
  for (const name of ["job:submitted", "job:started", "job:error", "job:retry"] as const) scheduler.on(name, fail);
  scheduler.addListener(fail);
  await scheduler.start();
  scheduler.registerTask("fail", fail);
  expect(await outcome(scheduler, { func: "fail", retries: { max: 1, delayMs: 0 } })).toMatchObject({
    state: "error",
    attempt: 2,
  });
});

test("an executor that throws at once is an error of the run", async () => {
  const executor: Executor = {
    start() {},
    submit() {
      throw new Error("not today");
    },
    capacity: () => 1,
    shutdown: async () => {},
  };
  expect(await outcome(await started(executor), { func: () => {} })).toMatchObject({
    state: "error",
    error: "not today",
  });
});

describe("the async executor", () => {
  test("ends a run whatever its task throws or returns", async () => {
    await endsWhateverHappens(await started(new AsyncExecutor()));
  });

  test("runs no more at once than it may; the others wait in order, and are missed when that takes too long", async () => {
    const clock = new VirtualClock(0);
    const executor = new AsyncExecutor({ concurrency: 2, queueMax: 10, clock });
    const scheduler = new Scheduler({ clock, timezone: "UTC", logger: quiet, executors: { default: executor } });
    open.push(scheduler);
    const running: string[] = [];
    let most = 0;
    scheduler.registerTask("work", async ({ jobId }) => {
      running.push(jobId);
      most = Math.max(most, running.length);
      await new Promise<void>((resolve) => void clock.setTimer(10_000, resolve));
      running.splice(running.indexOf(jobId), 1);
    });
    await scheduler.start();
    for (const id of ["a", "b", "c", "d"])
      await scheduler.addJob({ id, func: "work", misfireGraceTime: id === "d" ? 5 : null });
    await clock.advance(30_000);
    expect(most).toBe(2);
    const states = await Promise.all(
      ["a", "b", "c", "d"].map(async (jobId) => (await scheduler.executions({ jobId })).executions[0]?.state),
    );
    expect(states).toEqual(["executed", "executed", "executed", "missed"]);
  });

  test("jobs beyond the queue are not lost: they are started when there is room", async () => {
    const clock = new VirtualClock(0);
    const executor = new AsyncExecutor({ concurrency: 1, queueMax: 1, clock });
    const scheduler = new Scheduler({ clock, timezone: "UTC", logger: quiet, executors: { default: executor } });
    open.push(scheduler);
    let done = 0;
    scheduler.registerTask("work", async () => {
      await new Promise<void>((resolve) => void clock.setTimer(1_000, resolve));
      done++;
    });
    await scheduler.start();
    for (let at = 0; at < 10; at++) await scheduler.addJob({ func: "work", misfireGraceTime: null });
    await clock.advance(12_000);
    expect(done).toBe(10);
  });

  test("a task that ignores its abort gives its place back after the grace", async () => {
    const clock = new VirtualClock(0);
    const executor = new AsyncExecutor({ concurrency: 1, queueMax: 0, abortGraceMs: 3_000, clock });
    const scheduler = new Scheduler({ clock, timezone: "UTC", logger: quiet, executors: { default: executor } });
    open.push(scheduler);
    scheduler.registerTask("deaf", () => new Promise(() => {}));
    await scheduler.start();
    await scheduler.addJob({ id: "a", func: "deaf", timeoutMs: 1_000 });
    await clock.advance(3_900);
    expect(executor.capacity()).toBe(0);
    await clock.advance(200);
    await settled();
    expect(executor.capacity()).toBe(1);
    expect((await scheduler.executions()).executions).toMatchObject([
      { state: "error", error: "timed out after 1000 ms" },
    ]);
  });

  test("what is no JSON is kept as null", async () => {
    const scheduler = await started(new AsyncExecutor());
    expect(await outcome(scheduler, { func: () => 10n })).toMatchObject({ state: "executed", result: null });
    expect(await outcome(scheduler, { func: () => ({ at: new Date(0) }) })).toMatchObject({
      result: { at: "1970-01-01T00:00:00.000Z" },
    });
  });
});

test("the debug executor runs on the spot", async () => {
  const scheduler = await started(new DebugExecutor());
  expect(await outcome(scheduler, { func: () => "here" })).toMatchObject({ state: "executed", result: "here" });
});

describe("the thread executor", () => {
  test("ends a run whatever its task throws or returns", async () => {
    await endsWhateverHappens(await started(new WorkerThreadExecutor({ filename: hostile, maxThreads: 1 })));
  });

  const filename = fileURLToPath(new URL("../../test/fixtures/heavy.mjs", import.meta.url));

  test("runs exports in threads of this process, with the context and the arguments", async () => {
    const scheduler = await started(new WorkerThreadExecutor({ filename, maxThreads: 2 }));
    for (const name of ["sum", "where", "report.fail", "nobody"]) scheduler.registerTask(name);
    expect(await outcome(scheduler, { func: "sum", args: [40, 2] })).toMatchObject({ state: "executed", result: 42 });
    const where = await outcome(scheduler, { func: "where" });
    expect(where.result).toMatchObject({ executionId: where.id, attempt: 1, pid: process.pid });
    expect((where.result as { threadId: number }).threadId).toBeGreaterThan(0);
    expect(await outcome(scheduler, { func: "report.fail" })).toMatchObject({ state: "error", error: "no report" });
    expect((await outcome(scheduler, { func: "nobody" })).error).toMatch(/exports no task "nobody"/);
  });

  test("a task that never ends is really stopped at its timeout, and one that ends its thread hurts no other", async () => {
    const scheduler = await started(new WorkerThreadExecutor({ filename, maxThreads: 1 }));
    for (const name of ["sum", "spin", "die"]) scheduler.registerTask(name);
    expect(await outcome(scheduler, { func: "spin", timeoutMs: 300 })).toMatchObject({
      state: "error",
      error: "timed out after 300 ms",
    });
    expect(await outcome(scheduler, { func: "die" })).toMatchObject({ state: "error" });
    expect(await outcome(scheduler, { func: "sum", args: [1, 2] })).toMatchObject({ result: 3 });
  });
});

describe("the BullMQ executor", () => {
  test("hands runs to workers elsewhere and brings results, errors (whatever was thrown) and cancellations back", async () => {
    await using redis = await throwawayRedis({ tcp: true });
    const { hostname: host, port } = new URL(redis.url);
    const connection = { host, port: Number(port), maxRetriesPerRequest: null };
    const tasks = {
      run,
      add: (_context: RunContext, a: number, b: number) => a + b,
      fail: () => {
        throw new RangeError("remote trouble");
      },
      hang: ({ signal }: RunContext) =>
        new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
    };
    await using worker = new BullTaskWorker({ connection, queue: "jobs", tasks, cancelPollMs: 50, logger: quiet });
    await worker.ready();
    const scheduler = await started(new BullExecutor({ connection, queue: "jobs" }));
    for (const name of Object.keys(tasks)) scheduler.registerTask(name);
    expect(await outcome(scheduler, { func: "add", args: [40, 2] })).toMatchObject({ state: "executed", result: 42 });
    expect(await outcome(scheduler, { func: "fail" })).toMatchObject({ state: "error", error: "remote trouble" });
    expect(await outcome(scheduler, { func: "hang", timeoutMs: 200 })).toMatchObject({
      state: "error",
      error: "timed out after 200 ms",
    });
    await endsWhateverHappens(scheduler);
    await scheduler.shutdown();
  });

  test("a run that is submitted again attaches to the one that is there, also when it has ended", async () => {
    await using redis = await throwawayRedis({ tcp: true });
    const { hostname: host, port } = new URL(redis.url);
    const connection = { host, port: Number(port), maxRetriesPerRequest: null };
    let starts = 0;
    const tasks = { once: () => ++starts };
    await using _worker = new BullTaskWorker({ connection, queue: "jobs", tasks });
    const [first, second] = [
      new BullExecutor({ connection, queue: "jobs" }),
      new BullExecutor({ connection, queue: "jobs" }),
    ];
    await Promise.all([first.start(), second.start()]);
    const context = { executionId: "e-1", jobId: "j", jobName: "j", scheduledAt: 0, attempt: 1 } as RunContext;
    const run = { context, job: { func: "once", args: [] } as never, task: undefined, begin: () => true };
    expect(await first.submit({ ...run })).toEqual({ kind: "executed", value: 1 });
    expect(await second.submit({ ...run })).toEqual({ kind: "executed", value: 1 });
    expect(starts).toBe(1);
    await Promise.all([first.shutdown(), second.shutdown()]);
  });
});
