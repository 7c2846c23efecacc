import { describe, expect, test } from "@jest/globals";
import { BullExecutor, BullTaskWorker, WorkerThreadExecutor } from "../src/executors/index.js";
import {
  AsyncExecutor,
  allOf,
  cron,
  crontab,
  date,
  interval,
  type JobSpec,
  MemoryJobStore,
  Scheduler,
  type SchedulerOptions,
} from "../src/index.js";
import { MySQLJobStore, RedisJobStore } from "../src/stores/index.js";
import { everyStore, STORE_KINDS } from "./every-store.js";
import { heard } from "./quiet.js";

const openStore = everyStore();

class Money {
  constructor(readonly cents: number) {}
}
const circle: unknown[] = [];
circle.push(circle);

describe.each(STORE_KINDS)("a job for %s", (kind) => {
  test("whose arguments would change on their way is refused by place", async () => {
    const logger = heard();
    const scheduler = new Scheduler({ logger, timezone: "UTC", stores: { default: openStore(kind) } });
    scheduler.registerTask("task", () => {});
    await scheduler.start();
    const add = (more: object) => scheduler.addJob({ func: "task", nextRunTime: null, ...more } as JobSpec);
    const refused: readonly [object, string][] = [
      [{ args: [{ when: new Map() }] }, "args[0].when: Map is not JSON"],
      [{ args: [1, [new Set()]] }, "args[1][0]: Set is not JSON"],
      [{ args: [/a/] }, "args[0]: RegExp is not JSON"],
      [{ args: [{ price: Number.NaN }] }, "args[0].price: NaN is not JSON"],
      [{ args: [undefined] }, "args[0]: undefined is not JSON"],
      [{ args: [new Money(7)] }, "args[0]: Money is not JSON"],
      [{ args: [10n] }, "args[0]: bigint is not JSON"],
      [{ args: [Buffer.from("a")] }, "args[0]: Buffer is not JSON"],
      [{ args: [circle] }, "args[0][0]: object that contains itself is not JSON"],
      [{ kwargs: { price: new Money(7) } }, "kwargs.price: Money is not JSON"],
      [{ kwargs: { do: () => {} } }, "kwargs.do: function is not JSON"],
    ];
    for (const [more, message] of refused) await expect(add(more)).rejects.toThrow(message);
    const at = new Date(Date.UTC(2026, 0, 5));
    const job = await add({ args: [{ at, none: undefined, list: [null] }], kwargs: { ok: true } });
    expect((await scheduler.getJob(job.id))?.args).toEqual([{ at: at.toISOString(), list: [null] }]);
    await expect(scheduler.modifyJob(job.id, { args: [new Map()] as never })).rejects.toThrow("args[0]: Map");
    await scheduler.shutdown();
  });
});

describe("an option that there is not", () => {
  const options: readonly [object, string][] = [
    [{ max_instances: 2 }, "max_instances: a job has no such option; write maxInstances"],
    [{ misfireGracetime: 2 }, "misfireGracetime: a job has no such option; write misfireGraceTime"],
    [{ replaceExisting: true }, 'replaceExisting: a job has no such option; write onConflict: "replace"'],
    [{ maxInstance: 2 }, "maxInstance: a job has no such option; write maxInstances"],
    [{ next_run_time: null }, "next_run_time: a job has no such option; write nextRunTime"],
    [{ jobstore: "fast" }, "jobstore: a job has no such option; write store"],
    [{ colour: "red" }, "colour: a job has no such option; known are id"],
    [{ retries: { max: 2, delay: 5 } }, "retries.delay: retries has no such option"],
  ];
  test.each(options)("of a job, %j, is refused with the right one", async (more, message) => {
    const scheduler = new Scheduler({ logger: heard() });
    await expect(scheduler.addJob({ func: () => {}, ...more } as JobSpec)).rejects.toThrow(message);
    if ("jobstore" in more || "replaceExisting" in more) return;
    const job = await scheduler.addJob({ func: () => {} });
    await expect(job.modify(more)).rejects.toThrow(message.split(":")[0]!);
  });

  test.each<[string, () => unknown]>([
    ["jobDefaults.max_instances", () => new Scheduler({ jobDefaults: { max_instances: 2 } } as SchedulerOptions)],
    ["timeZone: Scheduler has no such option; write timezone", () => new Scheduler({ timeZone: "UTC" } as object)],
    ["ackLate", () => new Scheduler().registerTask("a", () => {}, { ackLate: true } as object)],
    ["run_at: date has no such option; write runAt", () => date({ run_at: 5 } as object)],
    ["minute: date has no such option; write minutes", () => date({ in: { minute: 5 } as object })],
    ["hours: cron has no such option; write hour", () => cron({ hours: 5 } as object)],
    ["jiter", () => allOf(interval({ hours: 1 }), { jiter: 5 } as object)],
    ["history", () => new MemoryJobStore({ history: 5 } as object)],
    ["nameSpace: RedisJobStore", () => new RedisJobStore({ url: "redis://x", nameSpace: "a" } as object)],
    ["name_space: MySQLJobStore", () => new MySQLJobStore({ url: "mysql://x/y", name_space: "a" } as object)],
    ["concurency", () => new AsyncExecutor({ concurency: 5 } as object)],
  ])("%s", (message, call) => {
    expect(call).toThrow(message);
  });
});

describe("times", () => {
  const added = (more: object) => {
    const scheduler = new Scheduler({ logger: heard(), timezone: "Asia/Shanghai" });
    return scheduler.addJob({ func: () => {}, ...more } as JobSpec);
  };

  test("nextRunTime may be a text, read in the scheduler's zone", async () => {
    const job = await added({ nextRunTime: "2030-01-05 09:00:00" });
    expect(job.nextRunTime).toEqual(new Date("2030-01-05T01:00:00Z"));
    await expect(added({ nextRunTime: "tomorrow" })).rejects.toThrow("nextRunTime: must be a valid Date");
  });

  test.each(["+0800", "+08:00", "+08"])("an offset may be %s", (offset) => {
    const trigger = date({ runAt: `2030-01-05T09:00:00${offset}` });
    expect(trigger.next(null, 0)).toBe(Date.UTC(2030, 0, 5, 1));
  });

  test("seconds given as milliseconds are refused", async () => {
    const seconds = 1_768_521_600;
    expect(() => date({ runAt: seconds })).toThrow("runAt: 1768521600 are seconds since 1970, it seems");
    expect(() => cron({ hour: 1, endDate: seconds })).toThrow("endDate: 1768521600 are seconds");
    await expect(added({ nextRunTime: seconds })).rejects.toThrow("1768521600 are seconds");
  });

  test("no grace at all would miss every run", async () => {
    await expect(added({ misfireGraceTime: 0 })).rejects.toThrow(
      "misfireGraceTime: must be a number of seconds above 0",
    );
    await expect(added({ misfireGraceTime: "60" })).rejects.toThrow("misfireGraceTime: must be");
  });
});

test("addJob and reschedule warn of what a careful reader should know", async () => {
  const logger = heard();
  const scheduler = new Scheduler({ logger, timezone: "UTC" });
  await scheduler.start();
  const weekdays = cron({ dayOfWeek: "1-5", hour: 3 });
  await scheduler.addJob({ id: "a", func: () => {}, name: "a", trigger: weekdays });
  await scheduler.addJobs([{ func: () => {}, name: "b", trigger: allOf(crontab("0 0 13 * 5")) }]);
  await scheduler.rescheduleJob("a", weekdays.toJSON());
  const warnings = logger.lines.filter((line) => line.startsWith("warn"));
  expect(warnings).toEqual([
    expect.stringContaining('Job "a": day_of_week: "1-5" counts from 0 = Monday'),
    expect.stringContaining('Job "b": day and day_of_week are both set'),
    expect.stringContaining('Job "a": day_of_week: "1-5" counts from 0 = Monday'),
  ]);
  await scheduler.shutdown();
});

describe("a value that cannot be", () => {
  const NUMBERS = ["5", Number.NaN, -1, null] as unknown[];
  const calls: Record<string, (value: unknown, scheduler: Scheduler) => unknown> = {
    leaseMs: (leaseMs) => new Scheduler({ leaseMs } as SchedulerOptions),
    pollMs: (pollMs) => new Scheduler({ pollMs } as SchedulerOptions),
    historyDays: (historyDays) => new Scheduler({ historyDays } as SchedulerOptions),
    concurrency: (concurrency) => new AsyncExecutor({ concurrency } as object),
    queueMax: (queueMax) => new AsyncExecutor({ queueMax } as object),
    maxThreads: (maxThreads) => new WorkerThreadExecutor({ filename: "/a.js", maxThreads } as never),
    inFlightMax: (inFlightMax) => new BullExecutor({ connection: "redis://h", queue: "q", inFlightMax } as never),
    lockMs: (lockMs) => new BullTaskWorker({ connection: "redis://h", queue: "q", tasks: {}, lockMs } as never),
    'task "late": timeoutMs': (timeoutMs, scheduler) =>
      scheduler.registerTask("late", () => {}, { timeoutMs } as object),
    timeoutMs: (timeoutMs, scheduler) => scheduler.shutdown({ timeoutMs } as object),
    limit: (limit, scheduler) => scheduler.executions({ limit } as object),
    maxAgeMs: (maxAge, scheduler) => scheduler.deleteOldExecutions(maxAge as number),
    "retries.delayMs": (delayMs, scheduler) => add(scheduler, { retries: { max: 1, delayMs } }),
    "retries.maxDelayMs": (maxDelayMs, scheduler) => add(scheduler, { retries: { max: 1, maxDelayMs } }),
    jitter: (jitter) => interval({ hours: 1, jitter } as object),
  };

  function add(scheduler: Scheduler, more: object): Promise<unknown> {
    return scheduler.addJob({ func: "task", nextRunTime: null, ...more } as JobSpec);
  }

  async function open(): Promise<Scheduler> {
    const scheduler = new Scheduler({ logger: heard(), timezone: "UTC" });
    scheduler.registerTask("task", () => {});
    await scheduler.start();
    return scheduler;
  }

  test.each(Object.entries(calls))("%s is refused by name", async (field, call) => {
    await using scheduler = await open();
    for (const value of NUMBERS) {
      await expect((async () => call(value, scheduler))()).rejects.toThrow(`${field}: must be a`);
    }
  });

  test("of a name, a choice or a list is refused by name", async () => {
    await using scheduler = await open();
    const refused: readonly [object, string][] = [
      [{ onConflict: "Keep" }, 'onConflict: must be "error" or "keep" or "replace", is "Keep"'],
      [{ retries: { max: 1, backoff: "linear" } }, 'retries.backoff: must be "fixed" or "exponential", is "linear"'],
      [{ executor: 7 }, "executor: must be a text that is not empty, is 7"],
      [{ executor: "" }, 'executor: must be a text that is not empty, is ""'],
      [{ tags: "daily" }, "tags: must be an array of texts"],
      [{ tags: ["daily", 7] }, "tags: must be an array of texts"],
      [{ nextRunTime: 1e300 }, "nextRunTime: must be a valid Date"],
    ];
    for (const [more, message] of refused) await expect(add(scheduler, more)).rejects.toThrow(message);
    const register = (name: unknown, options: object) => () =>
      scheduler.registerTask(name as string, () => {}, options);
    expect(register("late", { ack: "Late" })).toThrow('task "late": ack: must be "early" or "late", is "Late"');
    expect(register(Symbol("late"), {})).toThrow("name: must be a text that is not empty, is Symbol(late)");
    expect(() => date({ in: 30_000 as never })).toThrow("in: must be a length of time like { minutes: 5 }, is 30000");
    expect(() => date({ runAt: 1e300 })).toThrow("runAt: not a date: 1e+300");
    expect(() => interval({ days: 1e300 })).toThrow("too long");
  });
});
