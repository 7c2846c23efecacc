import { eventually } from "@headline/testkit";
import { afterEach, describe, expect, test } from "@jest/globals";
import { Scheduler } from "../src/index.js";
import { everyStore, STORE_KINDS } from "./every-store.js";
import { heard } from "./quiet.js";

const stores = everyStore();
const running: Scheduler[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((scheduler) => scheduler.shutdown({ wait: false })));
});

const HALF = "😀".slice(0, 1);
/** Texts that some database takes for each other. */
const alike = [
  "a",
  "A",
  "a ",
  " a",
  "a\t",
  "a\u0001",
  "a\u0001b",
  "á",
  "a\u0301",
  "ß",
  "ss",
  "ﬀ",
  "ff",
  "😀",
  "😁",
  "a%",
  "a_",
  "0",
  "00",
];

describe.each(STORE_KINDS)("ids in a %s store", (kind) => {
  async function open() {
    const scheduler = new Scheduler({ timezone: "UTC", logger: heard(), stores: { default: stores(kind) } });
    running.push(scheduler);
    const ran: string[] = [];
    scheduler.registerTask("work", ({ jobId }) => void ran.push(jobId));
    await scheduler.start();
    return { scheduler, ran };
  }

  test("that differ in a case, a blank, an accent or a control character are different jobs", async () => {
    const { scheduler, ran } = await open();
    const spec = { func: "work", misfireGraceTime: null, onConflict: "keep" } as const;
    for (const id of alike) await scheduler.addJob({ ...spec, id, nextRunTime: null, kwargs: { id } });
    expect((await scheduler.getJobs()).map(({ id }) => id).sort()).toEqual([...alike].sort());
    for (const id of alike) expect((await scheduler.getJob(id))?.kwargs).toEqual({ id });
    for (const id of alike) await scheduler.modifyJob(id, { nextRunTime: "now" });
    await eventually(() => expect([...ran].sort()).toEqual([...alike].sort()));
    await eventually(async () => {
      const { executions } = await scheduler.executions({ states: ["executed"], limit: 100 });
      expect(executions.map(({ jobId }) => jobId).sort()).toEqual([...alike].sort());
    });
    for (const id of alike) expect((await scheduler.executions({ jobId: id })).executions).toHaveLength(1);
  });

  test("are removed one by one", async () => {
    const { scheduler } = await open();
    for (const id of alike) await scheduler.addJob({ id, func: "work", nextRunTime: null });
    const left = [...alike];
    while (left.length > 0) {
      await scheduler.removeJob(left.shift()!);
      expect((await scheduler.getJobs()).map(({ id }) => id).sort()).toEqual([...left].sort());
    }
  });

  test("that are too long, empty or end within a character are refused by name", async () => {
    const { scheduler } = await open();
    const add = (id: string) => scheduler.addJob({ id, func: "work", nextRunTime: null });
    await expect(add("x".repeat(191))).rejects.toThrow("id: must have at most 190 characters, has 191");
    await expect(add("")).rejects.toThrow("id: must be a text that is not empty");
    await expect(add(HALF)).rejects.toThrow("id: holds half of a character");
    await expect(add(`${HALF}x`)).rejects.toThrow("id: holds half of a character");
    await expect(add("a\u0000")).rejects.toThrow("id: holds a NUL character");
    for (const id of ["x".repeat(190), "文".repeat(190), "😀".repeat(95)]) {
      await add(id);
      expect((await scheduler.getJob(id))?.id).toBe(id);
    }
    expect([await scheduler.getJob(HALF), await scheduler.getJob("x".repeat(400))]).toEqual([undefined, undefined]);
  });

  test("so are the names of tasks", async () => {
    const { scheduler, ran } = await open();
    for (const func of ["work ", "Work", "wörk"])
      await scheduler.addJob({ id: func, func, misfireGraceTime: null }).catch(() => {});
    await scheduler.addJob({ id: "work", func: "work" });
    await eventually(() => expect(ran).toEqual(["work"]));
    if (kind !== "memory")
      expect((await scheduler.getJobs()).map(({ id }) => id).sort()).toEqual(["Work", "work ", "wörk"]);
  });

  test("half of a character elsewhere costs nobody a run", async () => {
    const { scheduler, ran } = await open();
    scheduler.registerTask("odd", () => {
      ran.push("odd");
      throw new Error(HALF);
    });
    scheduler.registerTask("back", () => HALF);
    const odd = { name: `n${HALF}`, args: [HALF], kwargs: { [HALF]: HALF }, tags: [`t${HALF}`] };
    await scheduler.addJob({ id: "odd", func: "odd", ...odd });
    await scheduler.addJob({ id: "back", func: "back", ...odd });
    await scheduler.addJob({ id: "well", func: "work" });
    await eventually(() => expect(ran).toContain("well"));
    await eventually(async () => {
      const { executions } = await scheduler.executions();
      expect(executions.map(({ jobId, state }) => `${jobId} ${state}`).sort()).toEqual([
        "back executed",
        "odd error",
        "well executed",
      ]);
    });
  });
});
