import { crontab, MemoryJobStore, Scheduler } from "@headline/scheduler";
import { afterEach, describe, expect, test } from "@jest/globals";
import { everyStore, STORE_KINDS, type StoreKind } from "../../scheduler/test/every-store.js";
import { heard } from "../../scheduler/test/quiet.js";
import { triggerOf } from "../src/beat.js";
import { type BeatEntry, TaskApp } from "../src/index.js";

const stores = everyStore();
const running: Scheduler[] = [];
const logger = heard();

/** Makes schedulers that share a store. */
function sharing(kind: StoreKind) {
  const memory = new MemoryJobStore({ shared: true });
  const namespace = `beat-${kind}-${Math.random()}`;
  return async () => {
    const store = kind === "memory" ? memory : stores(kind, namespace);
    const scheduler = new Scheduler({ timezone: "UTC", logger, stores: { default: store } });
    running.push(scheduler);
    await scheduler.start();
    return scheduler;
  };
}
afterEach(async () => {
  await Promise.all(running.splice(0).map((scheduler) => scheduler.shutdown({ wait: false })));
});

const entry = (task: string): BeatEntry => ({ task, schedule: { hours: 5 } });
const app = (name?: string) =>
  new TaskApp({ broker: "redis://127.0.0.1:1", logger, timezone: "UTC", ...(name === undefined ? {} : { name }) });
const beat = (scheduler: Scheduler, names: readonly string[], of: TaskApp) => {
  of.conf.beatSchedule = Object.fromEntries(names.map((name) => [name, entry(name)]));
  return of.beat(scheduler);
};
const namesOf = async (scheduler: Scheduler) => (await scheduler.getJobs()).map(({ name }) => name).sort();

describe.each(STORE_KINDS)("the beat schedule, in a %s store", (kind) => {
  test("an old version that starts again removes nothing of the new one", async () => {
    const open = sharing(kind);
    const [old, next] = [await open(), await open()];
    await beat(old, ["a", "struck out"], app());
    await beat(next, ["a", "added"], app());
    await old.shutdown();
    await beat(await open(), ["a", "struck out"], app());
    expect(await namesOf(next)).toEqual(["a", "added", "struck out"]);
  });

  test("an entry that is gone is removed, before the start and after it", async () => {
    const open = sharing(kind);
    const first = await open();
    const tasks = app();
    await beat(first, ["a", "b", "c"], tasks);
    await beat(first, ["a", "b"], tasks);
    expect(await namesOf(first)).toEqual(["a", "b"]);
    await first.shutdown();
    const second = await open();
    await beat(second, ["a"], app());
    expect(await namesOf(second)).toEqual(["a"]);
  });

  test("entries of two apps with one name for an entry are two jobs; one app's end removes nothing of the other", async () => {
    const open = sharing(kind);
    const scheduler = await open();
    await beat(scheduler, ["report", "sum"], app("shop"));
    await beat(scheduler, ["report"], app("mail"));
    const ids = async () => (await scheduler.getJobs()).map(({ id }) => id).sort();
    expect(await ids()).toEqual(["beat:mail:report", "beat:shop:report", "beat:shop:sum"]);
    const again = app("shop");
    await expect(beat(scheduler, [], again)).rejects.toThrow('another app "shop" has its beat schedule');
    expect(await ids()).toHaveLength(3);
  });

  test("two apps that both have the default name lose no entry, and that is said", async () => {
    const open = sharing(kind);
    const [one, other] = [await open(), await open()];
    await beat(one, ["mail"], app());
    const said = logger.lines.length;
    await beat(other, ["report"], app());
    expect(await namesOf(one)).toEqual(["mail", "report"]);
    expect(logger.lines.slice(said)).toContainEqual(
      expect.stringContaining("beat:tasks:mail; should that be another app"),
    );
  });
});

test("a schedule may be any text that is a trigger", () => {
  const plain = (trigger: unknown) => JSON.parse(JSON.stringify(trigger));
  expect(plain(triggerOf("@every 5m", "UTC"))).toMatchObject({ kind: "interval", milliseconds: 300_000 });
  expect(plain(triggerOf("*/5 * * * *", "UTC"))).toEqual(plain(crontab("*/5 * * * *", { timezone: "UTC" })));
  expect(() => triggerOf("hourly", "UTC")).toThrow(expect.objectContaining({ name: "TriggerSyntaxError" }));
});
