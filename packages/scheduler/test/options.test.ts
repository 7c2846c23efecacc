import { join, resolve } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { applyCrontab, commandTask, formatCrontab, installTable, parseCrontab } from "../src/crontab/index.js";
import { dashboard } from "../src/dashboard/index.js";
import {
  BullExecutor,
  BullTaskWorker,
  bullWorker,
  DebugExecutor,
  WorkerThreadExecutor,
} from "../src/executors/index.js";
import {
  AsyncExecutor,
  allOf,
  anyOf,
  calendarInterval,
  cron,
  crontab,
  date,
  EveryTrigger,
  every,
  interval,
  MemoryJobStore,
  runAll,
  ScheduleBook,
  Scheduled,
  Scheduler,
  systemClock,
  withoutDays,
} from "../src/index.js";
import { MySQLJobStore, RedisJobStore } from "../src/stores/index.js";
import { PostgresJobStore } from "../src/stores/postgres.js";
import { SQLiteJobStore } from "../src/stores/sqlite.js";
import { expectRefusal, type Wrong } from "./expect-refusal.js";
import { takersOfOptions } from "./public-options.js";
import { heard } from "./quiet.js";

const SRC = resolve(import.meta.dirname, "../src");
const ENTRIES = ["index", "stores/index", "stores/conformance", "executors/index", "crontab/index", "dashboard/index"]
  .concat("simulation/index", "stores/postgres", "stores/sqlite")
  .map((entry) => join(SRC, `${entry}.ts`));

const connection = "redis://127.0.0.1:1";
const scheduler = new Scheduler({ logger: heard(), timezone: "UTC" });
const mysql = new MySQLJobStore({ url: "mysql://root@127.0.0.1:1/none" });
const postgres = new PostgresJobStore({ url: "postgres://root@127.0.0.1:1/none" });
const func = () => {};
const job = scheduler.addJob({ id: "job", func, trigger: interval({ hours: 1 }) });
const range = { from: 0, to: 1 };
const fluent = new ScheduleBook({ timezone: "UTC" }).every().day.do(func);
const table = { user: "root", text: "", system: false };

/** Function that takes options, one of them by its right name, and a call with options of which that one is misspelt. */
const TAKERS: Readonly<Record<string, readonly [string, (wrong: Wrong) => unknown]>> = {
  "BullExecutor.shutdown": ["wait", (wrong) => new BullExecutor({ connection, queue: "q" }).shutdown(wrong)],
  "BullTaskWorker.close": ["timeoutMs", (wrong) => BullTaskWorker.prototype.close.call({} as never, wrong)],
  "Every.on": ["maxInstances", (wrong) => every().day.on(scheduler, wrong).do(func)],
  "Every.until": ["hours", (wrong) => every().day.until(wrong)],
  "FluentJob.on": ["maxInstances", (wrong) => fluent.on(scheduler, wrong)],
  "FluentJob.until": ["hours", (wrong) => fluent.until(wrong)],
  "Job.backfill": ["again", async (wrong) => (await job).backfill({ ...range, ...wrong })],
  "Job.modify": ["maxInstances", async (wrong) => (await job).modify(wrong)],
  "Job.pause": ["note", async (wrong) => (await job).pause(wrong)],
  "Job.runNow": ["overlap", async (wrong) => (await job).runNow(wrong)],
  "JobsInTransaction.put": [
    "misfireGraceTime",
    (wrong) => mysql.inTransaction(async () => []).put({ id: "a", func: "a", trigger: date({ runAt: 0 }), ...wrong }),
  ],
  "MySQLJobStore.inTransaction": ["jobDefaults", (wrong) => mysql.inTransaction(async () => {}, wrong)],
  "PostgresJobStore.inTransaction": ["jobDefaults", (wrong) => postgres.inTransaction(async () => {}, wrong)],
  "ScheduleBook.runAll": ["delayMs", (wrong) => new ScheduleBook().runAll(wrong)],
  Scheduled: ["onConflict", (wrong) => Scheduled(scheduler, wrong)],
  "Scheduler.addJob": ["nextRunTime", (wrong) => scheduler.addJob({ func, ...wrong })],
  "Scheduler.addJobs": ["nextRunTime", (wrong) => scheduler.addJobs([{ func, ...wrong }])],
  "Scheduler.backfill": ["again", (wrong) => scheduler.backfill("job", { ...range, ...wrong })],
  "Scheduler.changeJob": ["maxInstances", async (wrong) => scheduler.changeJob(await job, wrong)],
  "Scheduler.declareJobs": ["alsoKeep", (wrong) => scheduler.declareJobs("set", [], wrong)],
  "Scheduler.executions": ["jobId", (wrong) => scheduler.executions(wrong)],
  "Scheduler.fromConfig": ["executors", (wrong) => Scheduler.fromConfig({}, wrong)],
  "Scheduler.getJobs": ["cursor", (wrong) => scheduler.getJobs(wrong)],
  "Scheduler.modifyJob": ["maxInstances", (wrong) => scheduler.modifyJob("job", wrong)],
  "Scheduler.pauseJob": ["note", (wrong) => scheduler.pauseJob("job", wrong)],
  "Scheduler.printJobs": ["store", (wrong) => scheduler.printJobs(wrong)],
  "Scheduler.registerTask": ["timeoutMs", (wrong) => scheduler.registerTask("a", func, wrong)],
  "Scheduler.removeExecutor": ["wait", (wrong) => scheduler.removeExecutor("cpu", wrong)],
  "Scheduler.removeStore": ["shutdown", (wrong) => scheduler.removeStore("fast", wrong)],
  "Scheduler.run": ["paused", (wrong) => scheduler.run(wrong)],
  "Scheduler.runNow": ["overlap", (wrong) => scheduler.runNow("job", undefined, wrong)],
  "Scheduler.scheduled": ["onConflict", (wrong) => scheduler.scheduled(wrong)],
  "Scheduler.shutdown": ["timeoutMs", (wrong) => scheduler.shutdown(wrong)],
  "Scheduler.start": ["paused", (wrong) => scheduler.start(wrong)],
  "Scheduler.task": ["timeoutMs", (wrong) => scheduler.task("a", func, wrong)],
  allOf: ["jitter", (wrong) => allOf(interval({ hours: 1 }), wrong)],
  anyOf: ["jitter", (wrong) => anyOf(interval({ hours: 1 }), wrong)],
  applyCrontab: ["maxInstances", (wrong) => applyCrontab(scheduler, "", { user: "root", ...wrong })],
  bullWorker: ["concurrency", (wrong) => bullWorker({ connection, queue: "q", tasks: {}, ...wrong })],
  calendarInterval: ["days", (wrong) => calendarInterval(wrong)],
  commandTask: ["clock", (wrong) => commandTask(wrong)],
  cron: ["hour", (wrong) => cron(wrong)],
  crontab: ["timezone", (wrong) => crontab("@daily", wrong)],
  dashboard: ["basePath", (wrong) => dashboard(scheduler, wrong)],
  date: ["runAt", (wrong) => date(wrong)],
  formatCrontab: ["system", (wrong) => formatCrontab([], wrong)],
  installTable: ["atStart", (wrong) => installTable(scheduler, table, wrong)],
  interval: ["minutes", (wrong) => interval({ hours: 1, ...wrong })],
  "new AsyncExecutor": ["queueMax", (wrong) => new AsyncExecutor(wrong)],
  "new BullExecutor": ["inFlightMax", (wrong) => new BullExecutor(wrong)],
  "new BullTaskWorker": ["lockMs", (wrong) => new BullTaskWorker(wrong)],
  "new EveryTrigger": ["startDay", (wrong) => new EveryTrigger({ interval: 1, unit: "weeks", ...wrong })],
  "new MemoryJobStore": ["historyMax", (wrong) => new MemoryJobStore(wrong)],
  "new MySQLJobStore": ["tablePrefix", (wrong) => new MySQLJobStore(wrong)],
  "new PostgresJobStore": ["tablePrefix", (wrong) => new PostgresJobStore(wrong)],
  "new RedisJobStore": ["namespace", (wrong) => new RedisJobStore(wrong)],
  "new SQLiteJobStore": ["namespace", (wrong) => new SQLiteJobStore(wrong)],
  "new ScheduleBook": ["onError", (wrong) => new ScheduleBook(wrong)],
  "new Scheduler": ["leaseMs", (wrong) => new Scheduler(wrong)],
  "new WorkerThreadExecutor": ["maxThreads", (wrong) => new WorkerThreadExecutor(wrong)],
  parseCrontab: ["system", (wrong) => parseCrontab("", wrong)],
  runAll: ["delayMs", (wrong) => runAll(wrong)],
  systemClock: ["timers", (wrong) => systemClock(wrong)],
  withoutDays: ["instead", (wrong) => withoutDays(interval({ hours: 1 }), { days: [], ...wrong })],
};

test("every public function that takes options is in this table", () => {
  expect(Object.keys(TAKERS).sort()).toEqual(takersOfOptions(ENTRIES, [SRC]));
});

test.each(Object.entries(TAKERS))(
  "%s refuses an option that there is not, with the right one",
  async (_, [option, call]) => {
    await expectRefusal(option, call);
  },
);

describe("a name that there is not is refused as well", () => {
  test("by an executor without options", () => {
    expect(() => new DebugExecutor({ concurrency: 1 })).toThrow(
      "concurrency: DebugExecutor has no such option; it takes none",
    );
  });

  test.each<[string, object]>([
    ["jobDefaults.maxInstance: is not known; write maxInstances", { jobDefaults: { maxInstance: 1 } }],
    ["timeZone: is not known; write timezone", { timeZone: "UTC" }],
    ["executors.a.concurency: is not known; write concurrency", { executors: { a: { type: "async", concurency: 1 } } }],
    ["colour: is not known; there are timezone, ", { colour: "red" }],
    ["stores.a.uri: is not known; write url", { stores: { a: { type: "redis", url: connection, uri: "" } } }],
  ])("by a configuration: %s", async (message, config) => {
    await expect(Scheduler.fromConfig(config)).rejects.toThrow(message);
  });
});
