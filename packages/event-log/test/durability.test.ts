import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { asRefusal } from "@headline/errors";
import { openMysql } from "@headline/mysql";
import { bundled, eventually, inFull, openProxy, privateMysql } from "@headline/testkit";
import { describe, expect, test } from "@jest/globals";
import { type EventLog, followEvents, openEventLander, openEventLog } from "../src/index.js";
import { event, openStores, type Stores } from "./support.js";

/** Appends with hardly a pause, as `clients` uploads at a time, and remembers what was acknowledged. */
function appending(log: EventLog, { clients = 4, pauseMs = inFull(10, 1) } = {}) {
  const acknowledged: bigint[] = [];
  const refused: { afterMs: number; error: unknown }[] = [];
  let slowestMs = 0;
  let nextId = 1n;
  let running = true;
  const client = async () => {
    while (running) {
      const ids = Array.from({ length: 3 }, () => nextId++);
      const startMs = performance.now();
      try {
        await log.append(ids.map((articleId) => event({ articleId })));
        acknowledged.push(...ids);
      } catch (error) {
        refused.push({ afterMs: performance.now() - startMs, error });
      }
      slowestMs = Math.max(slowestMs, performance.now() - startMs);
      await sleep(pauseMs);
    }
  };
  const clientsDone = Promise.all(Array.from({ length: clients }, client));
  return {
    acknowledged,
    refused,
    slowestMs: () => slowestMs,
    stop: async () => {
      running = false;
      await clientsDone;
    },
  };
}

/** Everything acknowledged stands in MySQL, and nothing stands there twice. */
async function expectLanded(stores: Stores, acknowledged: readonly bigint[], withinMs = 10_000): Promise<void> {
  expect(acknowledged.length).toBeGreaterThan(100);
  await eventually(
    async () => {
      const landed = new Set((await stores.landed()).map(({ articleId }) => articleId));
      expect(acknowledged.filter((id) => !landed.has(id))).toEqual([]);
    },
    { withinMs, everyMs: 200 },
  );
  const landed = await stores.landed();
  expect(new Set(landed.map(({ articleId }) => articleId)).size).toBe(landed.length);
}

async function startLander(stores: Stores): Promise<ChildProcess> {
  const path = await bundled(fileURLToPath(new URL("./lander-process.ts", import.meta.url)));
  const child = spawn(process.execPath, [path], {
    env: { ...process.env, NODE_OPTIONS: "", MYSQL_URL: stores.mysqlUrl, REDIS_URL: stores.redisServer.url },
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(child.stdout as NodeJS.ReadableStream, "data");
  return child;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill("SIGKILL");
  await exited;
}

describe("nothing that was acknowledged is lost, and nothing counts twice,", () => {
  test("when landers are killed in the middle of their work", async () => {
    await using stores = await openStores();
    await using log = await openEventLog(stores);
    const load = appending(log);
    for (let round = 0; round < inFull(2, 4); round += 1) {
      const lander = await startLander(stores);
      await sleep(150 + 40 * round);
      await end(lander);
    }
    await load.stop();
    expect(load.refused).toEqual([]);
    const last = await startLander(stores);
    await expectLanded(stores, load.acknowledged);
    expect(await stores.redis.xlen("events:{log}")).toBe(0);
    await end(last);
  }, 60_000);

  test("when a lander stops, another takes over, and the first goes on as if nothing had happened", async () => {
    await using stores = await openStores();
    await using log = await openEventLog(stores);
    const load = appending(log);
    const stopped = await startLander(stores);
    await sleep(200);
    stopped.kill("SIGSTOP");
    await sleep(300);
    await load.stop();
    await using _other = openEventLander({ ...stores, takeOverAfterMs: 500 });
    await expectLanded(stores, load.acknowledged);
    stopped.kill("SIGCONT");
    await sleep(1_000);
    await expectLanded(stores, load.acknowledged);
    await end(stopped);
  }, 60_000);

  test("when Redis is killed and starts again from its append-only file", async () => {
    await using stores = await openStores();
    await using log = await openEventLog(stores);
    await using lander = openEventLander({ ...stores, takeOverAfterMs: 500 });
    const load = appending(log);
    for (let round = 0; round < inFull(2, 3); round += 1) {
      await sleep(400);
      await stores.redisServer.kill();
      await sleep(200);
      await stores.redisServer.restart();
      await eventually(() => expect(log.goesTo).toBe("redis"), { withinMs: 3_000 });
    }
    await load.stop();
    expect(load.refused).toEqual([]); // MySQL took what Redis did not
    expect(load.slowestMs()).toBeLessThan(1_000);
    await expectLanded(stores, load.acknowledged);
    await eventually(async () => expect((await lander.lag()).entries).toBe(0), { withinMs: 5_000 });
  }, 60_000);

  test("while MySQL is away: Redis goes on taking events, and they land when it is back", async () => {
    const server = await privateMysql();
    await using stores = await openStores({ openMysqlServer: async () => server });
    await using log = await openEventLog(stores);
    await using lander = openEventLander(stores);
    const followed = new AbortController();
    const seen: bigint[] = [];
    const following = followEvents({
      mysql: stores.mysql,
      from: 0n,
      signal: followed.signal,
      onBatch: (events) => void seen.push(...events.map(({ id }) => id)),
    });
    const load = appending(log);
    await sleep(300);
    await server.kill();
    await sleep(1_500);
    expect((await lander.lag()).oldestMs).toBeGreaterThan(1_000);
    const during = load.acknowledged.length;
    await sleep(200);
    expect(load.acknowledged.length).toBeGreaterThan(during);
    await server.restart();
    const backAt = performance.now();
    await load.stop();
    await expectLanded(stores, load.acknowledged);
    const landed = (await stores.landed()).map(({ id }) => id);
    await eventually(() => expect(seen.length).toBe(landed.length));
    expect(seen).toEqual(landed); // who follows misses nothing either, and hears nothing twice
    followed.abort();
    await following;
    console.log(
      `${load.acknowledged.length} events landed ${Math.round(performance.now() - backAt)} ms after MySQL was back`,
    );
    expect(load.refused).toEqual([]);
    expect(load.slowestMs()).toBeLessThan(1_000);
  }, 60_000);

  test.each(["blackhole", "dropReplies"] as const)(
    "while Redis is half-open (%s): MySQL takes them",
    async (fault) => {
      await using stores = await openStores();
      await using proxy = await openProxy({ target: stores.redisServer.target });
      const redis = await stores.openRedis(`redis://127.0.0.1:${proxy.port}`);
      await using log = await openEventLog({ mysql: stores.mysql, redis });
      await using _lander = openEventLander({ mysql: stores.mysql, redis, takeOverAfterMs: 500 });
      expect(log.goesTo).toBe("redis");
      const load = appending(log);
      await sleep(200);
      proxy[fault]();
      await sleep(1_500);
      proxy.heal();
      await eventually(() => expect(log.goesTo).toBe("redis"), { withinMs: 3_000 });
      await load.stop();
      expect(load.refused).toEqual([]);
      expect(load.slowestMs()).toBeLessThan(800);
      await expectLanded(stores, load.acknowledged);
    },
    60_000,
  );
});

test("while neither answers, every append is refused in time, and none of them counts as acknowledged", async () => {
  const server = await privateMysql();
  await using stores = await openStores({ openMysqlServer: async () => server });
  await using mysql = openMysql(stores.mysqlUrl, {
    acquireTimeoutMs: 200,
    statementTimeoutMs: 300,
    transactionTimeoutMs: 500,
  });
  await using log = await openEventLog({ mysql, redis: stores.redis });
  server.pause();
  await stores.redisServer.kill();
  const load = appending(log, { clients: 50 });
  await sleep(2_500);
  await load.stop();
  expect(load.acknowledged).toEqual([]);
  expect(new Set(load.refused.map(({ error }) => asRefusal(error)?.code))).toEqual(new Set(["UNAVAILABLE"]));
  expect(load.slowestMs()).toBeLessThan(1_600); // a write that was under way, and the one after it
  server.resume();
  await eventually(async () => expect(await log.append([event({ userId: 4n })])).toEqual([true]), { withinMs: 2_000 });
}, 60_000);

test("a writer that falls silent with its turn is thrown out, and the others go on", async () => {
  await using stores = await openStores();
  const server = new URL(stores.mysqlUrl).searchParams.get("socketPath") ?? "";
  await using proxy = await openProxy({ target: { path: server } });
  const url = `mysql://root@127.0.0.1:${proxy.port}${new URL(stores.mysqlUrl).pathname}`;
  const silent = openMysql(url, { statementTimeoutMs: 60_000 });
  const holding = silent.transaction(async (tx) => {
    await tx.write("SET /*M!100300 SESSION idle_transaction_timeout = 5 */ /*!80000 SESSION wait_timeout = 5 */");
    await tx.write("INSERT INTO event_turns (id) VALUES (1) ON DUPLICATE KEY UPDATE id = id");
    proxy.blackhole();
    await tx.query("SELECT 1");
  });
  holding.catch(() => undefined);
  await eventually(() => expect(proxy.counts.bytesSwallowed).toBeGreaterThan(0));
  await using log = await openEventLog({ mysql: stores.mysql, redis: await stores.openRedis() });
  await using _lander = openEventLander(stores);
  await log.append([event()]);
  await eventually(async () => expect(await stores.landed()).toHaveLength(1), { withinMs: 9_000 });
  await silent.close();
}, 60_000);
