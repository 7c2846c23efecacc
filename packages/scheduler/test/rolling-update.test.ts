import { eventually, throwawayRedis } from "@headline/testkit";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { BullExecutor, BullTaskWorker } from "../src/executors/index.js";
import { Scheduler } from "../src/index.js";
import { everyStore, STORE_KINDS } from "./every-store.js";
import { heard } from "./quiet.js";

const stores = everyStore();
let redis: Awaited<ReturnType<typeof throwawayRedis>>;
beforeAll(async () => {
  redis = await throwawayRedis();
});
afterAll(async () => {
  await redis?.stop();
});

const unknownTo = (lines: readonly string[]) => lines.filter((line) => line.includes('knows no task "new"'));

test("a BullTaskWorker leaves a run whose task it does not know to a newer one, for a bounded time", async () => {
  const logger = heard();
  const [connection, queue] = [redis.url, "rolling"];
  const scheduler = new Scheduler({
    logger,
    timezone: "UTC",
    executors: { default: new BullExecutor({ connection, queue }) },
  });
  scheduler.registerTask("new");
  scheduler.registerTask("never");
  await scheduler.start();
  await using _old = new BullTaskWorker({ connection, queue, tasks: {}, logger, unknownTaskMs: 10_000 });
  for (const id of ["a", "b"]) await scheduler.addJob({ id, func: "new" });
  await eventually(() => expect(unknownTo(logger.lines)).toHaveLength(1));
  await using _next = new BullTaskWorker({
    connection,
    queue,
    tasks: { new: () => "done" },
    logger: heard(),
    unknownTaskMs: 0,
  });
  const ends = async () =>
    (await scheduler.executions()).executions.map(({ jobId, state, result }) => [jobId, state, result]);
  await eventually(async () =>
    expect((await ends()).sort()).toEqual([
      ["a", "executed", "done"],
      ["b", "executed", "done"],
    ]),
  );
  await scheduler.addJob({ id: "c", func: "never" });
  await eventually(async () => expect((await ends()).find(([id]) => id === "c")?.[1]).toBe("error"));
  const [failed] = (await scheduler.executions({ jobId: "c" })).executions;
  expect(failed?.error).toContain('knows no task "never"');
  await scheduler.shutdown();
});

test.each(STORE_KINDS.filter((kind) => kind !== "memory"))(
  "an old scheduler leaves a task that it does not know in %s",
  async (kind) => {
    const namespace = "rolling";
    const open = (logger = heard()) =>
      new Scheduler({ logger, timezone: "UTC", stores: { default: stores(kind, namespace) } });
    const [old, next] = [open(), open()];
    old.registerTask("known", () => "known");
    next.registerTask("new", () => "new");
    await old.start();
    await old.addJob({ id: "new", func: "new", misfireGraceTime: null });
    await old.addJob({ id: "known", func: "known" });
    const ends = async () => (await old.executions()).executions.map(({ jobId, state }) => [jobId, state]);
    await eventually(async () => expect(await ends()).toEqual([["known", "executed"]]));
    await next.start();
    await eventually(async () =>
      expect((await ends()).sort()).toEqual([
        ["known", "executed"],
        ["new", "executed"],
      ]),
    );
    await Promise.all([old.shutdown(), next.shutdown()]);
  },
);
