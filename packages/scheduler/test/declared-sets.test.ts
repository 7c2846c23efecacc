import { eventually } from "@headline/testkit";
import { afterEach, describe, expect, test } from "@jest/globals";
import { applyCrontab, registerCrontab } from "../src/crontab/index.js";
import { interval, MemoryJobStore, Scheduler } from "../src/index.js";
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
const namesOf = async (scheduler: Scheduler) => (await scheduler.getJobs()).map(({ name }) => name).sort();

/** The faces by which a set of jobs is declared, each with the names that it is to have. */
const faces: Record<string, (scheduler: Scheduler, names: readonly string[]) => Promise<unknown>> = {
  declareJobs: (scheduler, names) =>
    scheduler.declareJobs(
      "timetable",
      names.map((name) => ({ ...line(name), name })),
    ),
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
});
