import { eventually } from "@headline/testkit";
import { afterEach, describe, expect, test } from "@jest/globals";
import { applyCrontab, registerCrontab } from "../src/crontab/index.js";
import { interval, MemoryJobStore, Scheduler } from "../src/index.js";
import { type BeatEntry, TaskApp } from "../src/tasks/index.js";
import { everyStore, STORE_KINDS, type StoreKind } from "./every-store.js";
import { heard } from "./quiet.js";

const stores = everyStore();
const running: Scheduler[] = [];
const logger = heard();

/** Makes schedulers that share a store. */
function sharing(kind: StoreKind) {
  const memory = new MemoryJobStore({ shared: true });
  const namespace = `declared-${kind}-${Math.random()}`;
  return async () => {
    const store = kind === "memory" ? memory : stores(kind, namespace);
    const scheduler = new Scheduler({ timezone: "UTC", logger, stores: { default: store } });
    running.push(scheduler);
    registerCrontab(scheduler);
    scheduler.registerTask("work", () => {});
    await scheduler.start();
    return scheduler;
  };
}
afterEach(async () => {
  await Promise.all(running.splice(0).map((scheduler) => scheduler.shutdown({ wait: false })));
});

const line = (id: string) => ({ id, func: "work", trigger: interval({ hours: 5 }) });
const entry = (task: string): BeatEntry => ({ task, schedule: { hours: 5 } });
const app = (name?: string) =>
  new TaskApp({ broker: "redis://127.0.0.1:1", logger, timezone: "UTC", ...(name === undefined ? {} : { name }) });
const beat = (scheduler: Scheduler, names: readonly string[], of: TaskApp) => {
  of.conf.beatSchedule = Object.fromEntries(names.map((name) => [name, entry(name)]));
  return of.beat(scheduler);
};
const namesOf = async (scheduler: Scheduler) => (await scheduler.getJobs()).map(({ name }) => name).sort();

const apps = new WeakMap<Scheduler, TaskApp>();

/** The faces by which a set of jobs is declared, each with the names that it is to have. */
const faces: Record<string, (scheduler: Scheduler, names: readonly string[]) => Promise<unknown>> = {
  declareJobs: (scheduler, names) =>
    scheduler.declareJobs(
      "timetable",
      names.map((name) => ({ ...line(name), name })),
    ),
  beat: (scheduler, names) => {
    const known = apps.get(scheduler) ?? app();
    apps.set(scheduler, known);
    return beat(scheduler, names, known);
  },
  applyCrontab: (scheduler, names) =>
    applyCrontab(scheduler, names.map((name) => `0 3 * * * ${name}\n`).join(""), { user: "u", logger }),
};

describe.each(STORE_KINDS)("a set of jobs that is declared, in a %s store", (kind) => {
  test.each(Object.entries(faces))(
    "%s: an old version that starts again removes nothing of the new one",
    async (name, face) => {
      const open = sharing(kind);
      const old = await open();
      await face(old, ["a", "struck out"]);
      const next = await open();
      await face(next, ["a", "added"]);
      await old.shutdown();
      const restarted = await open();
      await face(restarted, ["a", "struck out"]);
      expect(await namesOf(next)).toEqual(["a", "added", "struck out"]);
      const [added] = (await next.getJobs()).filter(({ name }) => name === "added");
      await restarted.shutdown();
      if (name !== "declareJobs") return;
      // Nothing declares it any more: the version that stays removes it.
      await eventually(async () => expect(await namesOf(next)).toEqual(["a", "added"]), { withinMs: 30_000 });
      expect((await next.getJob(added!.id))?.nextRunTime).toEqual(added!.nextRunTime);
    },
  );

  test.each(Object.entries(faces))(
    "%s: what is gone from a new version is removed, before the start and after it",
    async (_, face) => {
      const open = sharing(kind);
      const first = await open();
      await face(first, ["a", "b", "c"]);
      await face(first, ["a", "b"]);
      expect(await namesOf(first)).toEqual(["a", "b"]);
      await first.shutdown();
      const second = await open();
      await face(second, ["a"]);
      expect(await namesOf(second)).toEqual(["a"]);
    },
  );

  test("pending sets are told to others with the start", async () => {
    const open = sharing(kind);
    const old = await open();
    await old.declareJobs("set", [line("a"), line("gone")]);
    const store = old.stores.get("default")!;
    const pending = new Scheduler({
      timezone: "UTC",
      logger,
      stores: { default: kind === "memory" ? store : stores(kind) },
    });
    running.push(pending);
    pending.registerTask("work", () => {});
    const { added } = await pending.declareJobs("set", [line("a"), line("b")]);
    expect(added).toEqual(["a", "b"]);
    await pending.start();
    await expect(pending.declareJobs("set", [line("a"), line("a")])).rejects.toThrow('"a" is declared twice in "set"');
    expect(await pending.getJob("b")).toBeDefined();
  });

  test("entries of two apps with one name for an entry are two jobs; one app's end removes nothing of the other", async () => {
    const open = sharing(kind);
    const scheduler = await open();
    await beat(scheduler, ["report", "sum"], app("shop"));
    await beat(scheduler, ["report"], app("news"));
    const ids = async () => (await scheduler.getJobs()).map(({ id }) => id).sort();
    expect(await ids()).toEqual(["beat:news:report", "beat:shop:report", "beat:shop:sum"]);
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
