import { setTimeout as sleep } from "node:timers/promises";
import { throwawayMysql, throwawayRedis } from "@headline/testkit";
import { describe, expect, test } from "@jest/globals";
import type { JobStore } from "../src/core/job-store.js";
import { AsyncExecutor, interval, MemoryJobStore, Scheduler, SchedulerStateError } from "../src/index.js";
import { MySQLJobStore, RedisJobStore } from "../src/stores/index.js";
import { heard } from "./quiet.js";

/** A store in memory that fails to migrate as often as it is told, and counts how often it was opened and closed. */
function unwilling(failures: number) {
  const counted = { opened: 0, closed: 0 };
  const store = new MemoryJobStore();
  return Object.assign(counted, {
    store: Object.assign(store, {
      async migrate() {
        counted.opened++;
        if (failures-- > 0) throw new Error("no tables today");
      },
      async close() {
        counted.closed++;
      },
    }) as JobStore,
  });
}

describe("a start that fails half-way", () => {
  test("closes what it had opened, and the next one succeeds", async () => {
    const [good, bad, never] = [unwilling(0), unwilling(1), unwilling(0)];
    const executor = new AsyncExecutor();
    const shutdowns: boolean[] = [];
    const shutdown = executor.shutdown.bind(executor);
    executor.shutdown = (options) => {
      shutdowns.push(options.wait);
      return shutdown(options);
    };
    const scheduler = new Scheduler({
      logger: heard(),
      executors: { default: executor },
      stores: { default: good.store, bad: bad.store, never: never.store },
    });
    const job = await scheduler.addJob({ func: () => {}, trigger: interval({ hours: 1 }) });
    await expect(scheduler.start()).rejects.toThrow("no tables today");
    expect(scheduler.state).toBe("stopped");
    expect([good.closed, bad.closed, never.opened, never.closed]).toEqual([1, 1, 0, 0]);
    expect(shutdowns).toEqual([false]);
    expect(job.pending).toBe(true);
    await scheduler.start();
    expect([scheduler.state, job.pending]).toEqual(["running", false]);
    await scheduler.shutdown();
    expect([good.closed, bad.closed, never.closed]).toEqual([2, 2, 1]);
  });

  test("a failure to close is logged and hides nothing", async () => {
    const logger = heard();
    const [stubborn, bad] = [unwilling(0), unwilling(1)];
    stubborn.store.close = () => {
      throw new Error("stuck");
    };
    const scheduler = new Scheduler({ logger, stores: { default: stubborn.store, bad: bad.store } });
    await expect(scheduler.start()).rejects.toThrow("no tables today");
    expect(logger.lines).toContain("error A store or an executor failed to close: Error: stuck");
    expect(bad.closed).toBe(1);
  });

  test("two starts at once are one too many, and a shutdown meanwhile waits for the start", async () => {
    const scheduler = new Scheduler({ logger: heard() });
    const starting = scheduler.start();
    await expect(scheduler.start()).rejects.toThrow(SchedulerStateError);
    await scheduler.shutdown();
    await starting;
    expect(scheduler.state).toBe("stopped");
  });

  test("a store that cannot be added is not there", async () => {
    const scheduler = new Scheduler({ logger: heard() });
    await scheduler.start();
    const bad = unwilling(1);
    await expect(scheduler.addStore("late", bad.store)).rejects.toThrow("no tables today");
    expect([scheduler.stores.has("late"), bad.closed]).toEqual([false, 1]);
    await scheduler.addStore("late", bad.store);
    await scheduler.shutdown();
  });
});

test("a scheduler starts again after its shutdown, with the connections of its stores made anew", async () => {
  await using mysql = await throwawayMysql();
  await using redis = await throwawayRedis();
  const scheduler = new Scheduler({
    logger: heard(),
    stores: { default: new MySQLJobStore({ url: mysql.url }), fast: new RedisJobStore({ url: redis.url }) },
  });
  const ran: string[] = [];
  scheduler.registerTask("note", ({ jobId }) => void ran.push(jobId));
  for (const round of ["first", "second"]) {
    await scheduler.start();
    await scheduler.addJob({ id: `${round} mysql`, func: "note" });
    await scheduler.addJob({ id: `${round} redis`, func: "note", store: "fast" });
    for (let waited = 0; waited < 5_000 && ran.length < (round === "first" ? 2 : 4); waited += 20) await sleep(20);
    await scheduler.shutdown();
    await expect(async () => scheduler.stores.get("default")!.now()).rejects.toThrow("the job store is closed");
  }
  expect(ran.sort()).toEqual(["first mysql", "first redis", "second mysql", "second redis"]);
});
