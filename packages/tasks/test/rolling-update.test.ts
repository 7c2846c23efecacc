import { eventually, throwawayRedis } from "@headline/testkit";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { heard } from "../../scheduler/test/quiet.js";
import { TaskApp } from "../src/index.js";

let redis: Awaited<ReturnType<typeof throwawayRedis>>;
beforeAll(async () => {
  redis = await throwawayRedis();
});
afterAll(async () => {
  await redis?.stop();
});

const unknownTo = (lines: readonly string[]) => lines.filter((line) => line.includes('knows no task "new"'));

test("a TaskWorker leaves a task that it does not know to a newer one, and says so once", async () => {
  const logger = heard();
  await using old = new TaskApp({ broker: redis.url, name: "rolling", logger });
  old.task("known", () => "known");
  await old.worker().start();
  const sent = [await old.sendTask("new"), await old.sendTask("new", { priority: 3 })];
  await eventually(() => expect(unknownTo(logger.lines)).toHaveLength(1));
  expect(await (await old.sendTask("known")).get({ timeoutMs: 30_000 })).toBe("known");
  await using next = new TaskApp({ broker: redis.url, name: "rolling", logger: heard() });
  let begun = 0;
  next.task("new", () => ++begun);
  await next.worker().start();
  const results = await Promise.all(sent.map((result) => result.get({ timeoutMs: 30_000 })));
  expect(results.sort()).toEqual([1, 2]);
  expect(unknownTo(logger.lines)).toHaveLength(1);
});
