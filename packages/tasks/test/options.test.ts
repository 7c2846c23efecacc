import { resolve } from "node:path";
import { Scheduler } from "@headline/scheduler";
import { describe, expect, test } from "@jest/globals";
import { expectRefusal, type Wrong } from "../../scheduler/test/expect-refusal.js";
import { takersOfOptions } from "../../scheduler/test/public-options.js";
import { heard } from "../../scheduler/test/quiet.js";
import { BoundTask } from "../src/core/bound-task.js";
import { GroupResult, signature, TaskApp } from "../src/index.js";

const SRC = resolve(import.meta.dirname, "../src");
const SCHEDULER_SRC = resolve(import.meta.dirname, "../../scheduler/src");
const app = new TaskApp({ broker: "redis://127.0.0.1:1", logger: heard() });
const func = () => {};
const task = app.task("task", func);

/** Function that takes options, one of them by its right name, and a call with options of which that one is misspelt. */
const TAKERS: Readonly<Record<string, readonly [string, (wrong: Wrong) => unknown]>> = {
  "AsyncResult.get": ["timeoutMs", (wrong) => app.AsyncResult("a").get(wrong)],
  "AsyncResult.revoke": ["terminate", (wrong) => app.AsyncResult("a").revoke(wrong)],
  "BoundTask.retry": ["maxRetries", (wrong) => BoundTask.prototype.retry.call({} as never, wrong)],
  "GroupResult.get": ["timeoutMs", (wrong) => new GroupResult([]).get(wrong)],
  "GroupResult.revoke": ["terminate", (wrong) => new GroupResult([]).revoke(wrong)],
  "Signature.set": ["taskId", (wrong) => task.s().set(wrong)],
  "Task.applyAsync": ["taskId", (wrong) => task.applyAsync(wrong)],
  "TaskApp.sendTask": ["taskId", (wrong) => app.sendTask("a", wrong)],
  "TaskApp.task": ["acksLate", (wrong) => app.task("a", wrong, func)],
  "TaskApp.worker": ["lockMs", (wrong) => app.worker(wrong)],
  "TaskWorker.close": ["timeoutMs", (wrong) => app.worker().close(wrong)],
  "new TaskApp": ["defaultQueue", (wrong) => new TaskApp(wrong)],
  signature: ["taskId", (wrong) => signature("a", [], wrong)],
};

test("every public function that takes options is in this table", () => {
  expect(Object.keys(TAKERS).sort()).toEqual(takersOfOptions([`${SRC}/index.ts`], [SCHEDULER_SRC, SRC]));
});

test.each(Object.entries(TAKERS))(
  "%s refuses an option that there is not, with the right one",
  async (_, [option, call]) => {
    await expectRefusal(option, call);
  },
);

describe("a name that there is not is refused as well", () => {
  const scheduler = new Scheduler({ logger: heard(), timezone: "UTC" });

  test.each<[string, Wrong]>([
    ["beatSchedule.a.arguments: ", { task: "a", schedule: 5, arguments: [] }],
    [
      "beatSchedule.a.options.max_retries: an entry has no such option; write maxRetries",
      { task: "a", schedule: 5, options: { max_retries: 1 } },
    ],
    [
      "day_of_week: crontab has no such option; write dayOfWeek",
      { task: "a", schedule: { crontab: { day_of_week: 1 } } },
    ],
    ["minute: interval has no such option; write minutes", { task: "a", schedule: { minute: 1 } }],
  ])("by beat: %s", async (message, entry) => {
    app.conf.beatSchedule = { a: entry };
    await expect(app.beat(scheduler)).rejects.toThrow(message);
  });

  test("by the settings of an app", () => {
    expect(() => Object.assign(app.conf, { beat_schedule: {} })).toThrow(
      "beat_schedule: conf has no such option; write beatSchedule",
    );
  });
});
