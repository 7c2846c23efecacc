import { eventually, type ThrowawayRedis, throwawayRedis } from "@headline/testkit";
import { afterAll, afterEach, beforeAll, expect, test } from "@jest/globals";
import { Redis } from "ioredis";
import type { BoundTask } from "../core/bound-task.js";
import type { TaskDefinition } from "../core/definition.js";
import { TaskApp } from "../task-app.js";

const quiet = { debug() {}, info() {}, warn() {}, error() {} };
const apps: TaskApp[] = [];
let redis: ThrowawayRedis;
let client: Redis;

beforeAll(async () => {
  redis = await throwawayRedis();
  client = new Redis(redis.url);
});
afterAll(async () => {
  client?.disconnect();
  await redis?.stop();
});
afterEach(async () => {
  await Promise.all(apps.splice(0).map((app) => app.close()));
});

let count = 0;

/** Two workers, and a task that notes its argument and ends when it is let go, or by its signal. */
async function openWorld(definition: TaskDefinition) {
  const app = new TaskApp({ broker: redis.url, name: `overlap${count++}`, logger: quiet });
  apps.push(app);
  const started: number[] = [];
  const ending: (() => void)[] = [];
  const index = app.task("index", { ...definition, bind: true }, async (self: BoundTask, what: number) => {
    started.push(what);
    if (what < 0 && self.request.retries === 0) throw new Error("first");
    await new Promise<void>((resolve, reject) => {
      ending.push(resolve);
      self.signal.addEventListener("abort", () => reject(self.signal.reason as Error));
    });
    return what;
  });
  await Promise.all([1, 2].map(() => app.worker({ terminatePollMs: 20, abortGraceMs: 1_000 }).start()));
  const end = () => {
    for (const resolve of ending.splice(0)) resolve();
  };
  const place = () => client.hgetall(`${app.name}:place:index`);
  return { app, index, started, end, place };
}

test("queue-one: the latest call waits, whichever worker runs, and those before it are revoked", async () => {
  const { index, started, end, place } = await openWorld({ overlap: "queue-one" });
  const first = await index.delay(1);
  await eventually(async () => expect(started).toEqual([1]));
  const second = await index.delay(2);
  await eventually(async () => expect(await place()).toMatchObject({ running: first.id, waiting: second.id }));
  const third = await index.delay(3);
  await eventually(async () => expect(await place()).toMatchObject({ waiting: third.id }));
  await expect(second.get({ timeoutMs: 10_000 })).rejects.toThrow("superseded: a later call of the task waits");
  expect([await second.status(), await third.status(), started]).toEqual(["REVOKED", "PENDING", [1]]);
  end();
  expect(await first.get({ timeoutMs: 10_000 })).toBe(1);
  await eventually(async () => expect(started).toEqual([1, 3]));
  end();
  expect(await third.get({ timeoutMs: 10_000 })).toBe(3);
  await eventually(async () => expect(await place()).toEqual({}));
});

test("cancel-other: what runs is terminated, and the new call begins", async () => {
  const { index, started, end } = await openWorld({ overlap: "cancel-other" });
  const first = await index.delay(1);
  await eventually(async () => expect(started).toEqual([1]));
  const second = await index.delay(2);
  await expect(first.get({ timeoutMs: 10_000 })).rejects.toThrow("terminated");
  expect(await first.status()).toBe("REVOKED");
  await eventually(async () => expect(started).toEqual([1, 2]));
  end();
  expect(await second.get({ timeoutMs: 10_000 })).toBe(2);
});

test("skip: a call that comes while another runs is revoked", async () => {
  const { index, started, end } = await openWorld({ overlap: "skip" });
  const first = await index.delay(1);
  await eventually(async () => expect(started).toEqual([1]));
  await expect((await index.delay(2)).get({ timeoutMs: 10_000 })).rejects.toThrow("skipped: another call");
  end();
  expect(await first.get({ timeoutMs: 10_000 })).toBe(1);
  const third = await index.delay(3);
  await eventually(async () => expect(started).toEqual([1, 3]));
  end();
  expect(await third.get({ timeoutMs: 10_000 })).toBe(3);
});

test("a call that waits to be retried keeps its place", async () => {
  const { index, started, end, place } = await openWorld({ overlap: "queue-one", autoretryFor: true, retryDelay: 1 });
  const first = await index.delay(-1);
  await eventually(async () => expect(await first.status()).toBe("RETRY"));
  const second = await index.delay(2);
  await eventually(async () => expect(await place()).toMatchObject({ running: first.id, waiting: second.id }));
  await eventually(async () => expect(started).toEqual([-1, -1]));
  end();
  expect(await first.get({ timeoutMs: 10_000 })).toBe(-1);
  await eventually(async () => expect(started).toEqual([-1, -1, 2]));
  end();
  expect(await second.get({ timeoutMs: 10_000 })).toBe(2);
});

test("the place of a worker that died is free when its lease is over", async () => {
  const { app, index, started, end } = await openWorld({ overlap: "queue-one" });
  await client.hset(`${app.name}:place:index`, { running: "gone", until: Date.now() + 1_500 });
  const result = await index.delay(1);
  await eventually(async () => expect(started).toEqual([1]));
  end();
  expect(await result.get({ timeoutMs: 10_000 })).toBe(1);
});

test("an overlap that is none is refused by name", () => {
  const app = new TaskApp({ broker: redis.url, logger: quiet });
  apps.push(app);
  expect(() => app.task("t", { overlap: "queueone" as never }, () => {})).toThrow(
    'task "t": overlap: write "queue-one", is "queueone"',
  );
});
