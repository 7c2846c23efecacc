import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { bundled, eventually, throwawayRedis } from "@headline/testkit";
import { afterEach, describe, expect, test } from "@jest/globals";
import { Redis } from "ioredis";
import { TaskApp } from "../task-app.js";

const LOCK_MS = 1_000;
const children: ChildProcess[] = [];
const quiet = { debug() {}, info() {}, warn() {}, error() {} };

afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
});

async function fixture(name: string, ...args: string[]): Promise<ChildProcess> {
  const script = await bundled(fileURLToPath(new URL(`../../test/fixtures/${name}`, import.meta.url)));
  const child = spawn(process.execPath, [script, ...args], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  children.push(child);
  return child;
}

async function workerProcess(url: string): Promise<ChildProcess> {
  const child = await fixture("worker.mjs", url, String(LOCK_MS));
  await once(child.stdout!, "data");
  return child;
}

async function freshRedis() {
  const server = await throwawayRedis({ durable: true });
  const client = new Redis(server.url);
  client.on("error", () => {});
  const app = new TaskApp({ broker: server.url, logger: quiet });
  return {
    ...{ server, client, app, url: server.url },
    [Symbol.asyncDispose]: async () => {
      await app.close();
      client.disconnect();
      await server.stop();
    },
  };
}

/** The processes that have begun the task, in order. */
function begun(client: Redis, id: string): Promise<number[]> {
  return client.lrange(`begun:${id}`, 0, -1).then((pids) => pids.map(Number));
}

describe("kill -9 of a worker", () => {
  test("an early task ends as WorkerLostError and never runs again; a late one is done by another worker", async () => {
    await using redis = await freshRedis();
    const { app, client, url } = redis;
    const victim = await workerProcess(url);
    const early = await app.sendTask("early");
    const late = await app.sendTask("late");
    await eventually(async () => {
      expect(await begun(client, early.id)).toEqual([victim.pid]);
      expect(await begun(client, late.id)).toEqual([victim.pid]);
    });
    expect([await early.status(), await late.status()]).toEqual(["STARTED", "STARTED"]);
    victim.kill("SIGKILL");
    const heir = await workerProcess(url);
    expect(await late.get({ timeoutMs: 30_000 })).toBe("second");
    await expect(early.get({ timeoutMs: 30_000 })).rejects.toMatchObject({ name: "WorkerLostError" });
    await sleep(LOCK_MS);
    expect(await begun(client, early.id)).toEqual([victim.pid]);
    expect(await begun(client, late.id)).toEqual([victim.pid, heir.pid]);
  });

  test("a late task that kills its workers is given up after maxDeliveries", async () => {
    await using redis = await freshRedis();
    const { app, client, url } = redis;
    const [first] = [await workerProcess(url)];
    const poison = await app.sendTask("poison");
    await once(first, "exit");
    const second = await workerProcess(url);
    await once(second, "exit");
    await workerProcess(url);
    await expect(poison.get({ timeoutMs: 30_000 })).rejects.toMatchObject({ name: "WorkerLostError" });
    expect(await begun(client, poison.id)).toEqual([first.pid, second.pid]);
  });

  test("a worker that was only stopped does not change what was decided meanwhile", async () => {
    await using redis = await freshRedis();
    const { app, client, url } = redis;
    const sleeper = await workerProcess(url);
    const task = await app.sendTask("slow", { args: [300] });
    await eventually(async () => expect(await begun(client, task.id)).toHaveLength(1));
    sleeper.kill("SIGSTOP");
    await workerProcess(url);
    await expect(task.get({ timeoutMs: 30_000 })).rejects.toMatchObject({ name: "WorkerLostError" });
    sleeper.kill("SIGCONT");
    await sleep(700);
    expect(await task.status()).toBe("FAILURE");
    expect(await begun(client, task.id)).toHaveLength(1);
  });
});

test("SIGTERM lets a worker finish what it runs, and then it ends", async () => {
  await using redis = await freshRedis();
  const { app, client, url } = redis;
  const worker = await workerProcess(url);
  const task = await app.sendTask("slow", { args: [400] });
  await eventually(async () => expect(await begun(client, task.id)).toHaveLength(1));
  worker.kill("SIGTERM");
  const [code] = (await once(worker, "exit")) as [number | null];
  expect(code).toBe(0);
  expect(await task.status()).toBe("SUCCESS");
});

test("processes share the work", async () => {
  await using redis = await freshRedis();
  const { app, url } = redis;
  const workers = await Promise.all([workerProcess(url), workerProcess(url)]);
  const results = await Promise.all(Array.from({ length: 40 }, () => app.sendTask<number>("who")));
  const pids = await Promise.all(results.map((result) => result.get({ timeoutMs: 30_000 })));
  for (const { pid } of workers) expect(pids.filter((by) => by === pid).length).toBeGreaterThan(5);
});

describe("Redis is killed and comes back", () => {
  test("sent tasks are done, waiting callers get their results, and workers go on", async () => {
    await using redis = await freshRedis();
    const { app, server } = redis;
    const slow = app.task("slow", () => sleep(800, "done"));
    const quick = app.task("quick", () => "quick");
    await app.worker().start();
    const [running, delayed] = [await slow.delay(), await quick.applyAsync({ countdown: 1.5 })];
    await eventually(async () => expect(await running.status()).toBe("STARTED"));
    const waiting = Promise.all([running.get({ timeoutMs: 30_000 }), delayed.get({ timeoutMs: 30_000 })]);
    await sleep(1_100); // Redis has synced writes older than a second
    await server.kill();
    await sleep(300);
    await server.restart();
    expect(await waiting).toEqual(["done", "quick"]);
    expect(await (await quick.delay()).get({ timeoutMs: 30_000 })).toBe("quick");
  });

  test("a call during the outage says so, and closing does not hang", async () => {
    const server = await throwawayRedis();
    const app = new TaskApp({ broker: server.url, logger: quiet });
    const quick = app.task("quick", () => "quick");
    await app.worker().start();
    await (await quick.delay()).get({ timeoutMs: 30_000 });
    await server.kill();
    await expect(quick.delay()).rejects.toMatchObject({ name: "BrokerUnavailableError" });
    await app.close();
    await server.stop();
  });
});

describe("the process ends by itself", () => {
  test("after an app that did everything was closed", async () => {
    await using redis = await freshRedis();
    const visitor = await fixture("visitor.mjs", redis.url);
    const [said] = (await once(visitor.stdout!, "data")) as [Buffer];
    const [code] = (await once(visitor, "exit")) as [number | null];
    expect([String(said).trim(), code]).toEqual(["42", 0]);
  });

  test("when an app was only defined", async () => {
    const bystander = await fixture("bystander.mjs");
    const [code] = (await once(bystander, "exit")) as [number | null];
    expect(code).toBe(0);
  });
});
