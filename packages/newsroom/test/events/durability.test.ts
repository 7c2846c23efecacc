import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { openMysql } from "@headline/mysql";
import { asRefusal } from "@headline/service/errors";
import { bundled, eventually, inFull, openProxy, privateMysql } from "@headline/testkit";
import { describe, expect, test } from "@jest/globals";
import { type EventLog, followEvents, openEventConsumer, openEventLog } from "../../src/events/index.js";
import { event, openStores, type Stores } from "./support.js";

/** Appends with hardly a pause, as `clients` uploads at a time, and remembers what was acknowledged. */
function appending(log: EventLog, { clients = 4, pauseMs = inFull(10, 1) } = {}) {
  const acknowledged: bigint[] = [];
  const refused: unknown[] = [];
  let nextId = 1n;
  let running = true;
  const client = async () => {
    while (running) {
      const ids = Array.from({ length: 3 }, () => nextId++);
      try {
        await log.append(ids.map((articleId) => event({ articleId })));
        acknowledged.push(...ids);
      } catch (error) {
        refused.push(error);
      }
      await sleep(pauseMs);
    }
  };
  const clientsDone = Promise.all(Array.from({ length: clients }, client));
  return {
    acknowledged,
    refused,
    /** Resolves when `count` more events were acknowledged. */
    more: (count: number) => {
      const from = acknowledged.length;
      return eventually(() => expect(acknowledged.length).toBeGreaterThanOrEqual(from + count), { withinMs: 30_000 });
    },
    stop: async () => {
      running = false;
      await clientsDone;
    },
  };
}

/** Everything acknowledged stands in MySQL, and nothing stands there twice. */
async function expectLanded(stores: Stores, acknowledged: readonly bigint[], withinMs = 30_000): Promise<void> {
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

async function startConsumer(stores: Stores): Promise<ChildProcess> {
  const path = await bundled(fileURLToPath(new URL("./consumer-process.ts", import.meta.url)));
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
  test("when consumers are killed in the middle of their work", async () => {
    await using stores = await openStores();
    await using log = await openEventLog(stores);
    const load = appending(log);
    for (let round = 0; round < inFull(2, 4); round += 1) {
      const consumer = await startConsumer(stores);
      await load.more(60 + 30 * round);
      await end(consumer);
    }
    await load.stop();
    expect(load.refused).toEqual([]);
    const last = await startConsumer(stores);
    await expectLanded(stores, load.acknowledged);
    // Entries that a killed consumer wrote and did not settle are taken over, found in MySQL and settled.
    await eventually(async () => expect(await stores.redis.xlen("events:{log}")).toBe(0), { withinMs: 30_000 });
    await end(last);
  });

  test("when a consumer stops, another takes over, and the first goes on as if nothing had happened", async () => {
    await using stores = await openStores();
    await using log = await openEventLog(stores);
    const load = appending(log);
    const stopped = await startConsumer(stores);
    await load.more(60);
    stopped.kill("SIGSTOP");
    await load.more(60);
    await load.stop();
    await using _other = openEventConsumer({ ...stores, takeOverAfterMs: 500 });
    await expectLanded(stores, load.acknowledged);
    stopped.kill("SIGCONT");
    // Two more events land, so that the resumed process has had its turn beside the other one.
    await log.append([event({ articleId: 1_000_001n }), event({ articleId: 1_000_002n })]);
    await expectLanded(stores, [...load.acknowledged, 1_000_001n, 1_000_002n]);
    await end(stopped);
  });

  test("when Redis is killed and starts again from its append-only file", async () => {
    await using stores = await openStores();
    await using log = await openEventLog(stores);
    await using consumer = openEventConsumer({ ...stores, takeOverAfterMs: 500 });
    const load = appending(log);
    for (let round = 0; round < inFull(2, 3); round += 1) {
      await load.more(60);
      await stores.redisServer.kill();
      await load.more(30);
      await stores.redisServer.restart();
      await eventually(() => expect(log.goesTo).toBe("redis"), { withinMs: 30_000 });
    }
    await load.stop();
    expect(load.refused).toEqual([]); // MySQL took what Redis did not
    await expectLanded(stores, load.acknowledged);
    await eventually(async () => expect((await consumer.lag()).entries).toBe(0), { withinMs: 30_000 });
  });

  test("while MySQL is away: Redis goes on taking events, and they land when it is back", async () => {
    const server = await privateMysql();
    await using stores = await openStores({ openMysqlServer: async () => server });
    await using log = await openEventLog(stores);
    await using consumer = openEventConsumer(stores);
    const followed = new AbortController();
    const seen: bigint[] = [];
    const following = followEvents({
      mysql: stores.mysql,
      from: 0n,
      signal: followed.signal,
      onBatch: (events) => void seen.push(...events.map(({ id }) => id)),
    });
    const load = appending(log);
    await load.more(60);
    await server.kill();
    const before = (await consumer.lag()).entries;
    await load.more(150);
    const { entries, oldestMs } = await consumer.lag();
    expect(entries).toBeGreaterThan(before);
    expect(oldestMs).toBeGreaterThan(0);
    await server.restart();
    await load.stop();
    await expectLanded(stores, load.acknowledged);
    const landed = (await stores.landed()).map(({ id }) => id);
    await eventually(() => expect(seen.length).toBe(landed.length));
    expect(seen).toEqual(landed); // who follows misses nothing either, and hears nothing twice
    followed.abort();
    await following;
    expect(load.refused).toEqual([]);
  });

  test.each(["blackhole", "dropReplies"] as const)("while Redis is half-open (%s): MySQL takes them", async (fault) => {
    await using stores = await openStores();
    await using proxy = await openProxy({ target: stores.redisServer.target });
    const redis = await stores.openRedis(`redis://127.0.0.1:${proxy.port}`);
    await using log = await openEventLog({ mysql: stores.mysql, redis });
    await using _lander = openEventConsumer({ mysql: stores.mysql, redis, takeOverAfterMs: 500 });
    await eventually(() => expect(log.goesTo).toBe("redis"));
    const load = appending(log);
    await load.more(30);
    proxy[fault]();
    await eventually(() => expect(log.goesTo).toBe("mysql"), { withinMs: 30_000 });
    await load.more(30);
    proxy.heal();
    await eventually(() => expect(log.goesTo).toBe("redis"), { withinMs: 30_000 });
    await load.stop();
    expect(load.refused).toEqual([]);
    await expectLanded(stores, load.acknowledged);
  });
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
  await eventually(() => expect(load.refused.length).toBeGreaterThan(100), { withinMs: 40_000 });
  await load.stop(); // ends, though both stores still keep silent: each append has its end
  expect(load.acknowledged).toEqual([]);
  expect(new Set(load.refused.map((error) => asRefusal(error)?.code))).toEqual(new Set(["UNAVAILABLE"]));
  server.resume();
  await eventually(async () => expect(await log.append([event({ userId: 4n })])).toEqual([true]), {
    withinMs: 30_000,
  });
});

test("a writer that falls silent with its turn is thrown out, and the others go on", async () => {
  await using stores = await openStores();
  const server = new URL(stores.mysqlUrl).searchParams.get("socketPath") ?? "";
  await using proxy = await openProxy({ target: { path: server } });
  const url = `mysql://root@127.0.0.1:${proxy.port}${new URL(stores.mysqlUrl).pathname}`;
  const silent = openMysql(url, { acquireTimeoutMs: 30_000, statementTimeoutMs: 60_000 });
  const holding = silent.transaction(async (tx) => {
    await tx.write("SET /*M!100300 SESSION idle_transaction_timeout = 5 */ /*!80000 SESSION wait_timeout = 5 */");
    await tx.write("INSERT INTO event_turns (id) VALUES (1) ON DUPLICATE KEY UPDATE id = id");
    proxy.blackhole();
    await tx.query("SELECT 1");
  });
  holding.catch(() => undefined);
  await eventually(() => expect(proxy.counts.bytesSwallowed).toBeGreaterThan(0));
  await using log = await openEventLog({ mysql: stores.mysql, redis: await stores.openRedis() });
  await using _lander = openEventConsumer(stores);
  await log.append([event()]);
  await eventually(async () => expect(await stores.landed()).toHaveLength(1), { withinMs: 40_000 });
  await silent.close();
});
