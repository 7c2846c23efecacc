import { expect, test } from "@jest/globals";
import type { Execution } from "../core/execution.js";
import { Scheduler } from "../scheduler/scheduler.js";
import { VirtualClock } from "../simulation/virtual-clock.js";
import { CancelJob } from "./cancel-job.js";
import { every, getJobs } from "./default-book.js";
import { ScheduleBook } from "./schedule-book.js";

const START = Date.UTC(2026, 0, 5, 10, 0, 0);
const quiet = { debug() {}, info() {}, warn() {}, error() {} };

async function opened() {
  const clock = new VirtualClock(START);
  const scheduler = new Scheduler({ clock, random: () => 0, timezone: "Asia/Tokyo", logger: quiet });
  await scheduler.start();
  return { clock, scheduler, book: new ScheduleBook({ clock, timezone: "Asia/Tokyo" }) };
}

async function closed({ clock, scheduler }: { clock: VirtualClock; scheduler: Scheduler }) {
  const stopped = scheduler.shutdown({ wait: false });
  await clock.advance(60_000);
  await stopped;
}

test("an every bound to a scheduler is a job of it: named task, arguments, tags, zone", async () => {
  const world = await opened();
  const { clock, scheduler } = world;
  const calls: unknown[][] = [];
  scheduler.registerTask("mail", (context, ...args) => void calls.push([context.jobId, ...args]));
  const job = await every().day.at("20:00").tag("evening").on(scheduler, { id: "mails" }).do("mail", "alice", 2);
  expect(String(job)).toBe("mail (trigger: every[day at 20:00:00], next run at: 2026-01-05 20:00:00 JST)");
  expect(job.tags).toEqual(["evening"]);
  await clock.advance(3_600_000);
  expect(calls).toEqual([["mails", "alice", 2]]);
  expect((await scheduler.getJob("mails"))?.nextRunTime).toEqual(new Date("2026-01-06T11:00:00Z"));
  expect(getJobs()).toHaveLength(0);
  await closed(world);
});

test("a job of a book can move to a scheduler, which calls its function with the same arguments", async () => {
  const world = await opened();
  const { clock, scheduler, book } = world;
  const calls: unknown[][] = [];
  const fluent = book.every(10).minutes.do(function greet(...args: unknown[]) {
    calls.push(args);
  }, "bob");
  const job = await fluent.on(scheduler);
  expect([job.name, book.jobs.length]).toEqual(["greet", 0]);
  await clock.advance(1_200_000);
  expect(calls).toEqual([["bob"], ["bob"]]);
  await closed(world);
});

test("a function that answers CancelJob ends its job on a scheduler too", async () => {
  const world = await opened();
  const { clock, scheduler, book } = world;
  let runs = 0;
  const job = await book
    .every()
    .minute.on(scheduler)
    .do(() => (++runs === 2 ? CancelJob : undefined));
  await clock.advance(600_000);
  expect(runs).toBe(2);
  expect(await scheduler.getJob(job.id)).toBeUndefined();
  const { executions } = await scheduler.executions({ jobId: job.id });
  expect(executions.map(({ state }: Execution) => state)).toEqual(["executed", "executed"]);
  await closed(world);
});

test("a job with an until leaves the scheduler after its last run", async () => {
  const world = await opened();
  const { clock, scheduler, book } = world;
  let runs = 0;
  const job = await book
    .every(10)
    .minutes.until({ minutes: 25 })
    .on(scheduler)
    .do(() => void runs++);
  await clock.advance(3_600_000);
  expect(runs).toBe(2);
  expect(await scheduler.getJob(job.id)).toBeUndefined();
  await closed(world);
});

test("an until in words is read by the scheduler's clock and zone", async () => {
  const world = await opened();
  const { scheduler, book } = world;
  const job = await book
    .every()
    .minute.until("20:00")
    .on(scheduler)
    .do(() => {});
  expect(job.trigger.toJSON()).toMatchObject({ kind: "every", until: Date.UTC(2026, 0, 5, 11) });
  await closed(world);
});
