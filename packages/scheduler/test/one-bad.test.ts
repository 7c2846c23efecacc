import { eventually } from "@headline/testkit";
import { afterEach, describe, expect, test } from "@jest/globals";
import type { JobStore } from "../src/core/job-store.js";
import { interval, Scheduler, type Trigger } from "../src/index.js";
import { registerTrigger } from "../src/triggers/trigger-from-json.js";
import { everyStore, STORE_KINDS } from "./every-store.js";
import { heard } from "./quiet.js";

const stores = everyStore();
const running: Scheduler[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((scheduler) => scheduler.shutdown({ wait: false })));
});

async function open(store: JobStore) {
  const logger = heard();
  const scheduler = new Scheduler({ timezone: "UTC", logger, stores: { default: store } });
  running.push(scheduler);
  scheduler.registerTask("work", () => "done");
  await scheduler.start();
  const ends = async () => {
    const { executions } = await scheduler.executions({ limit: 200 });
    return new Map(executions.map(({ jobId, ...execution }) => [jobId, execution]));
  };
  return { scheduler, logger, ends };
}

/** Triggers whose first run time is now, and whose next one is what `next` gives. */
const broken: Record<string, () => unknown> = {
  throws: () => {
    throw new Error("no more");
  },
  "throws what is no error": () => {
    throw Object.create(null);
  },
  NaN: () => Number.NaN,
  "no number": () => "tomorrow",
  undefined: () => undefined,
  infinite: () => Number.POSITIVE_INFINITY,
  earlier: () => 1,
};
for (const [kind, next] of Object.entries(broken)) registerTrigger(kind, () => brokenTrigger(kind, next));

function brokenTrigger(kind: string, next: () => unknown): Trigger {
  const trigger: Trigger = {
    kind,
    next: (previous, now) => (previous === null ? now : next()) as number,
    anchored: () => trigger,
    toJSON: () => ({ kind }),
    toString: () => kind,
  };
  return trigger;
}

/** A store that refuses calls which hold a certain word. */
function refusing(store: JobStore, method: "report" | "dispatch", word: string): JobStore {
  return new Proxy(store, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== "function") return value;
      return (...args: unknown[]) => {
        if (name === method && JSON.stringify(args).includes(word)) throw new Error("Got a packet that is too big");
        return (value as (...all: unknown[]) => unknown).apply(target, args);
      };
    },
  });
}

describe.each(STORE_KINDS)("one bad job in a %s store", (kind) => {
  test("whose trigger fails is an error and paused; the others run", async () => {
    const { scheduler, logger, ends } = await open(stores(kind));
    const failed: string[] = [];
    scheduler.on("job:error", ({ jobId }) => failed.push(jobId));
    const kinds = Object.keys(broken);
    const nextRunTime = new Date(Date.now() + 300);
    for (const id of kinds)
      await scheduler.addJob({ id, func: "work", trigger: brokenTrigger(id, broken[id]!), nextRunTime });
    for (const id of ["a", "b"])
      await scheduler.addJob({ id, func: "work", trigger: interval({ hours: 1 }), nextRunTime });
    await eventually(async () => expect((await ends()).size).toBe(kinds.length + 2));
    await eventually(async () => {
      const states = Object.fromEntries([...(await ends())].map(([id, { state }]) => [id, state]));
      expect(states).toEqual({ ...Object.fromEntries(kinds.map((id) => [id, "error"])), a: "executed", b: "executed" });
    });
    for (const id of kinds) {
      expect((await ends()).get(id)?.error).toMatch(/^the trigger failed, and the job is paused: ./);
      expect((await scheduler.getJob(id))?.paused).toBe(true);
    }
    await eventually(() => expect(failed.sort()).toEqual([...kinds].sort()));
    expect(logger.lines.filter((line) => line.includes("failed to claim"))).toEqual([]);
  });

  test("whose report is refused for ever is an error; the others' reports are written", async () => {
    const { scheduler, ends } = await open(refusing(stores(kind), "report", "POISON"));
    scheduler.registerTask("bad", () => "POISON");
    scheduler.registerTask("bad error", () => {
      throw new TypeError("POISON");
    });
    for (const func of ["work", "bad", "bad error"]) await scheduler.addJob({ id: func, func });
    for (let at = 0; at < 20; at++) await scheduler.addJob({ id: `well ${at}`, func: "work" });
    await eventually(async () => {
      const states = [...(await ends())].map(([id, { state }]) => `${id.replace(/ \d+/, "")} ${state}`).sort();
      expect([...new Set(states)]).toEqual(["bad error", "bad error error", "well executed", "work executed"]);
      expect(states).toHaveLength(23);
    });
    const found = await ends();
    expect(found.get("bad")?.error).toBe("the store refused the report of this run: Got a packet that is too big");
    expect(await scheduler.getJobs()).toEqual([]);
  });

  test("whose run is refused for ever leaves the others theirs", async () => {
    const { scheduler, ends } = await open(refusing(stores(kind), "dispatch", "POISON"));
    const nextRunTime = new Date(Date.now() + 300);
    await scheduler.addJob({ id: "bad", func: "work", args: ["POISON"], nextRunTime });
    for (const id of ["a", "b", "c"]) await scheduler.addJob({ id, func: "work", nextRunTime });
    await eventually(async () => expect([...(await ends()).keys()].sort()).toEqual(["a", "b", "c"]));
  });

  test("whose result is longer than is kept has a text in its place, by its bytes", async () => {
    if (kind === "memory") return; // a process keeps what it can
    const { scheduler, ends } = await open(stores(kind));
    scheduler.registerTask("long", () => "文".repeat(400_000));
    scheduler.registerTask("kept", () => "文".repeat(300_000));
    for (const func of ["long", "kept"]) await scheduler.addJob({ id: func, func });
    await eventually(async () =>
      expect([...(await ends()).values()].map(({ state }) => state)).toEqual(["executed", "executed"]),
    );
    const found = await ends();
    expect(found.get("long")?.result).toMatch(/^the result of \S+ was too long to keep: 1200002 bytes$/);
    expect(found.get("kept")?.result).toBe("文".repeat(300_000));
  });
});
