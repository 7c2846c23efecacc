import { AsyncExecutor, interval, MemoryJobStore, Scheduler } from "@headline/scheduler";
import type { Row } from "./row.js";

const JOBS = 200_000;
const ROUNDS = 3;
const LATE_JOBS = 2_000;

/** Full runs from memory through the whole scheduler, and how late jobs start that are spread over a second. */
export async function benchDispatch(): Promise<Row[]> {
  const rates: number[] = [];
  for (let round = 0; round < ROUNDS; round++) rates.push(await rate());
  const best = Math.max(...rates);
  const p99 = await latenessP99();
  return [
    {
      what: "dispatch from memory, runs/s (best of 3)",
      ours: Math.round(best).toLocaleString("en"),
      peer: "APScheduler 26,600 (SCHEDULER.md's figure, not run here)",
      ratio: best / 26_600,
      goal: "≥ 200,000",
      met: best >= 200_000,
    },
    { what: "lateness p99, ms", ours: p99.toFixed(1), peer: "–", goal: "≤ 3", met: p99 <= 3 },
  ];
}

function open(): Scheduler {
  return new Scheduler({
    timezone: "UTC",
    stores: { default: new MemoryJobStore() },
    executors: { default: new AsyncExecutor({ concurrency: 1_000 }) },
  });
}

async function rate(): Promise<number> {
  const scheduler = open();
  let count = 0;
  const done = new Promise<void>((resolve) => {
    scheduler.registerTask("count", () => {
      if (++count === JOBS) resolve();
    });
  });
  await scheduler.start({ paused: true });
  const trigger = interval({ hours: 1 });
  const nextRunTime = Date.now();
  await scheduler.addJobs(
    Array.from({ length: JOBS }, (_, at) => ({
      id: `j${at}`,
      func: "count",
      trigger,
      nextRunTime,
      misfireGraceTime: null,
    })),
  );
  const startedAt = performance.now();
  await scheduler.resume();
  await done;
  const seconds = (performance.now() - startedAt) / 1_000;
  await scheduler.shutdown();
  return JOBS / seconds;
}

async function latenessP99(): Promise<number> {
  const scheduler = open();
  const late: number[] = [];
  const done = new Promise<void>((resolve) => {
    scheduler.registerTask("note", ({ scheduledAt }) => {
      late.push(Date.now() - scheduledAt);
      if (late.length === LATE_JOBS) resolve();
    });
  });
  await scheduler.start();
  const from = Date.now() + 200;
  const trigger = interval({ hours: 1 });
  await scheduler.addJobs(
    Array.from({ length: LATE_JOBS }, (_, at) => ({ func: "note", trigger, nextRunTime: from + at })),
  );
  await done;
  await scheduler.shutdown();
  return late.sort((a, b) => a - b)[Math.ceil(LATE_JOBS * 0.99) - 1]!;
}
