import { describe, expect, test } from "@jest/globals";
import type { Report } from "../src/core/job-store.js";
import { interval, MemoryJobStore, Scheduler } from "../src/index.js";
import { VirtualClock } from "../src/simulation/virtual-clock.js";
import { heard } from "./quiet.js";

const DAY_MS = 86_400_000;

describe("housekeeping", () => {
  test("removes all that is too old, however much there is, and stops with the scheduler", async () => {
    const clock = new VirtualClock(Date.UTC(2026, 0, 5));
    const store = new MemoryJobStore({ clock });
    let left = 4_500;
    const asked: number[] = [];
    let onBatch = () => {};
    store.executions.deleteBefore = (beforeMs, limit) => {
      asked.push(clock.now() - beforeMs);
      onBatch();
      const count = Math.min(left, limit);
      left -= count;
      return count;
    };
    const scheduler = new Scheduler({ clock, logger: heard(), stores: { default: store }, historyDays: 2 });
    await scheduler.start();
    await clock.advance(59_000);
    expect(asked).toEqual([]);
    await clock.advance(2_000);
    expect(left).toBe(0);
    expect(asked).toEqual(Array(5).fill(2 * DAY_MS));
    left = 4_500;
    let stopped: Promise<void> | undefined;
    onBatch = () => {
      if (left < 3_000) stopped ??= scheduler.shutdown();
    };
    await clock.advance(120_000);
    await stopped;
    expect(left).toBe(1_500);
  });
});

describe("leases", () => {
  test("a run whose end is being written down when its lease is renewed was not lost", async () => {
    const clock = new VirtualClock(Date.UTC(2026, 0, 5));
    const store = new MemoryJobStore({ clock, shared: true });
    const report = store.report.bind(store);
    store.report = ((reports: readonly Report[]) => {
      const answer = report(reports);
      return new Promise((resolve) => clock.setTimer(4_000, () => resolve(answer)));
    }) as never;
    const logger = heard();
    const scheduler = new Scheduler({ clock, logger, timezone: "UTC", stores: { default: store } });
    const executed: string[] = [];
    const lost: string[] = [];
    scheduler.on("job:executed", ({ jobId }) => executed.push(jobId));
    scheduler.on("job:lost", ({ jobId }) => lost.push(jobId));
    scheduler.registerTask("tick", () => {});
    await scheduler.start();
    await scheduler.addJob({ id: "a", func: "tick", trigger: interval({ seconds: 7 }) });
    await clock.advance(40_000);
    expect(executed.length).toBeGreaterThan(3);
    expect(lost).toEqual([]);
    expect(logger.lines.filter((line) => line.startsWith("warn"))).toEqual([]);
    const stopped = scheduler.shutdown();
    await clock.advance(60_000);
    await stopped;
  });
});
