import { expect, test } from "@jest/globals";
import type { Executor } from "../core/executor.js";
import { AsyncExecutor } from "../executors/async-executor.js";
import { Scheduler } from "../scheduler/scheduler.js";
import { settled, VirtualClock } from "../simulation/virtual-clock.js";
import { MemoryJobStore } from "../stores/memory.js";
import { interval } from "../triggers/interval.js";

const quiet = { debug() {}, info() {}, warn() {}, error() {} };
const clock = () => new VirtualClock(Date.UTC(2026, 0, 5));

function open(world: VirtualClock, store: MemoryJobStore, executors: Record<string, Executor>) {
  const scheduler = new Scheduler({
    clock: world,
    timezone: "UTC",
    logger: quiet,
    stores: { default: store },
    executors,
  });
  const ran: string[] = [];
  scheduler.registerTask("work", ({ jobId }) => void ran.push(jobId));
  scheduler.registerTask("elsewhere");
  return { scheduler, ran };
}

test("a scheduler without the job's executor leaves it to one that has it", async () => {
  const world = clock();
  const store = new MemoryJobStore({ clock: world, shared: true });
  const cpu = new AsyncExecutor({ clock: world });
  const [without, having] = [open(world, store, {}), open(world, store, { cpu })];
  await Promise.all([without.scheduler.start(), having.scheduler.start()]);
  for (let at = 0; at < 40; at++) await without.scheduler.addJob({ id: `job-${at}`, func: "work", executor: "cpu" });
  const byHand = await without.scheduler.addJob({ func: "work", executor: "cpu", nextRunTime: null });
  const executionId = await without.scheduler.runNow(byHand.id);
  await world.advance(5_000);
  expect([without.ran, having.ran.length]).toEqual([[], 41]);
  expect(await without.scheduler.execution(executionId)).toMatchObject({ state: "executed" });
  const { executions } = await having.scheduler.executions({ limit: 100 });
  expect(new Set(executions.map(({ state }) => state))).toEqual(new Set(["executed"]));
});

test("a task registered without a function is left to schedulers that have one", async () => {
  const world = clock();
  const store = new MemoryJobStore({ clock: world, shared: true });
  const [without, having] = [open(world, store, {}), open(world, store, {})];
  having.scheduler.registerTask("elsewhere", ({ jobId }) => void having.ran.push(jobId));
  await Promise.all([without.scheduler.start(), having.scheduler.start()]);
  for (let at = 0; at < 10; at++) await without.scheduler.addJob({ func: "elsewhere" });
  await world.advance(5_000);
  expect([without.ran.length, having.ran.length]).toEqual([0, 10]);
});

test("a full executor does not delay the jobs of another, in a store of this process as in a shared one", async () => {
  for (const shared of [false, true]) {
    const world = clock();
    const small = new AsyncExecutor({ concurrency: 2, queueMax: 0, clock: world });
    const store = new MemoryJobStore({ clock: world, shared });
    const { scheduler, ran } = open(world, store, { small });
    scheduler.registerTask("slow", () => new Promise<void>((done) => void world.setTimer(1_000, done)));
    await scheduler.start();
    for (let at = 0; at < 400; at++) {
      await scheduler.addJob({ func: "slow", executor: "small", misfireGraceTime: null });
    }
    await scheduler.addJob({ id: "each second", func: "work", trigger: interval({ seconds: 1 }) });
    await world.advance(10_500);
    expect(ran).toHaveLength(10);
    const { executions } = await scheduler.executions({ states: ["missed"] });
    expect(executions).toEqual([]);
    void scheduler.shutdown({ wait: false });
    await world.advance(60_000);
    await settled();
  }
});

test("a due job that no live scheduler can run is warned of once, told as an event, and listed", async () => {
  const world = clock();
  const store = new MemoryJobStore({ clock: world, shared: true });
  const { scheduler } = open(world, store, {});
  const events: object[] = [];
  scheduler.on("job:orphaned", (event) => events.push(event));
  await scheduler.start();
  const spec = { trigger: interval({ seconds: 1 }), misfireGraceTime: null };
  await scheduler.addJob({ ...spec, id: "renamed", func: "gone" });
  await scheduler.addJob({ ...spec, id: "misspelt", func: "work", executor: "cpuu" });
  await scheduler.addJob({ ...spec, id: "well", func: "work" });
  const expected = [
    { jobId: "misspelt", store: "default", missing: "executor", name: "cpuu" },
    { jobId: "renamed", store: "default", missing: "task", name: "gone" },
  ];
  const listed = async () =>
    (await scheduler.orphans()).map(({ job, missing, name }) => ({ jobId: job.id, missing, name }));
  expect((await listed()).map(({ jobId }) => jobId).sort()).toEqual(["misspelt", "renamed"]);
  await world.advance(60_000);
  expect([...events].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))).toEqual(expected);
  const other = open(world, store, { cpuu: new AsyncExecutor({ clock: world }) });
  other.scheduler.registerTask("gone", () => {});
  await other.scheduler.start();
  await world.advance(2_000);
  expect(await listed()).toEqual([]);
});
