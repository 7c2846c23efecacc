import { setTimeout as pause } from "node:timers/promises";
import { migrate, openMysql } from "@headline/mysql";
import { type Recommendation, type Recommender, unaryRecommender } from "@headline/recommender";
import { openRedis, waitForRedis } from "@headline/redis";
import { createLog } from "@headline/service/log";
import { eventually, type Proxy as Link, openProxy, privateMysql, throwawayRedis } from "@headline/testkit";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { historyKey } from "../src/index.js";
import { openRecommendation } from "../src/open-recommendation.js";
import {
  articles,
  ids,
  insertArticles,
  MIGRATIONS,
  newReader,
  openWorld,
  ROOM,
  TRACK_SECRET,
  type World,
} from "./open-world.js";

/** A limit for what hangs. */
const RECOVERED_WITHIN_MS = 30_000;
/** Budget of a call, ms; a retry after a second does not fit. */
const CALL_MS = 950;
/** The wait for Redis: short enough for a call, long enough for a busy machine whose Redis writes to its disk. */
const REDIS_MS = 500;
/** The wait for a page that has to come. */
const PATIENT_MS = 10_000;

const errors: unknown[] = [];
const onUnhandled = (error: unknown) => void errors.push(error);

beforeEach(() => {
  errors.length = 0;
  process.on("unhandledRejection", onUnhandled);
});
afterEach(() => {
  process.off("unhandledRejection", onUnhandled);
  expect(errors).toEqual([]);
});

/** A log that keeps what is written at error: what the service takes for a bug. */
function bugLog() {
  const bugs: string[] = [];
  const log = createLog({ name: "recommendation", level: "error" });
  log.error = ((_: unknown, message: string) => void bugs.push(message)) as typeof log.error;
  return { bugs, log };
}

interface Outcome {
  readonly page: Recommendation | undefined;
  readonly code: string | undefined;
  readonly retryAfterSeconds: number | undefined;
}

async function outcomeOf(call: Promise<Recommendation>): Promise<Outcome> {
  return call.then(
    (page) => ({ page, code: undefined, retryAfterSeconds: undefined }),
    (error) => ({ page: undefined, ...error, code: error.code }),
  );
}

test("with a Redis for each duty, histories are kept in one and changes are heard from the other", async () => {
  await using world = await openWorld();
  await using state = await throwawayRedis();
  await world.seed(articles(20));
  const { client } = await world.open({ stateRedisUrl: state.url });
  expect(ids(await client.recommend({ userId: 7n, channelId: 0, articleNum: 10, timeStamp: 0n }))).toHaveLength(10);
  expect(await world.keys.exists(historyKey(7n))).toBe(0);
  const kept = openRedis(state.url, { commandTimeoutMs: 10_000 });
  await waitForRedis(kept, 30_000);
  expect(await kept.exists(historyKey(7n))).toBe(1);
  kept.disconnect();
  await eventually(async () => expect(await world.keys.pubsub("NUMSUB", "changes@0")).toEqual(["changes@0", 1]));
});

describe("Redis", () => {
  let world: World;
  let proxy: Link;
  let client: Recommender;
  const { bugs, log } = bugLog();

  beforeAll(async () => {
    world = await openWorld({ redis: await throwawayRedis({ tcp: true, durable: true }) });
    await world.seed(articles(3_000));
    proxy = await openProxy({ target: world.redis.target });
    ({ client } = await world.open({
      redisUrl: `redis://${proxy.address}`,
      log,
      timeoutMs: CALL_MS,
      redisTimeoutMs: REDIS_MS,
    }));
  });
  afterAll(async () => {
    await world[Symbol.asyncDispose]();
    await proxy[Symbol.asyncDispose]();
  });

  const served = (ask: ReturnType<typeof newReader>, timeStamp: number | bigint) =>
    eventually(() => ask(timeStamp), { withinMs: RECOVERED_WITHIN_MS });
  const recovers = async (ask: ReturnType<typeof newReader>) => expect(ids(await served(ask, 0))).toHaveLength(10);

  test("away: every call that needs it is UNAVAILABLE at once, and nobody is served all the same", async () => {
    const known = newReader(client);
    const first = await served(known, 0);
    await proxy.refuse();
    proxy.reset();
    await pause(20);
    for (const call of [known(0), known(first.stamp), newReader(client)(0)]) {
      const { code, retryAfterSeconds } = await outcomeOf(call);
      expect({ code, retryAfterSeconds }).toEqual({ code: "UNAVAILABLE", retryAfterSeconds: 1 });
    }
    const nobody = { userId: 0n, channelId: 0, articleNum: 10, timeStamp: 0n };
    expect(ids(await client.recommend(nobody))).toHaveLength(10);
    await proxy.listen();
    await recovers(known);
    expect(bugs).toEqual([]);
  });

  test("killed and started again: calls fail UNAVAILABLE meanwhile, then go on from the history that was kept", async () => {
    const ask = newReader(client);
    const at = Date.now();
    const first = await served(ask, at);
    await world.redis.kill();
    const codes = new Set();
    for (let call = 0; call < 20; call += 1) {
      const { code } = await outcomeOf(call % 2 === 0 ? ask(0) : newReader(client)(0));
      codes.add(code);
    }
    expect(codes).toEqual(new Set(["UNAVAILABLE"]));
    await world.redis.restart();
    await recovers(newReader(client));
    expect(await served(ask, at)).toMatchObject({ mode: "replay", stamp: first.stamp });
    expect(bugs).toEqual([]);
  });

  test("half-open: every call ends, and after it heals all is well", async () => {
    const known = newReader(client);
    const at = Date.now();
    const first = await served(known, at);
    proxy.blackhole();
    for (let round = 1; round <= 5; round += 1) {
      const calls = [known(at), known(0), newReader(client)(0)].map(outcomeOf);
      for (const { code } of await Promise.all(calls)) {
        expect(code).toBe("UNAVAILABLE");
      }
    }
    proxy.heal();
    await recovers(newReader(client));
    expect(await served(known, at)).toMatchObject({ mode: "replay", stamp: first.stamp });
    expect(bugs).toEqual([]);
  });

  test("that records and loses the reply: the retry finds the batch that was recorded", async () => {
    const ask = newReader(client);
    const first = await served(ask, 0);
    const at = Date.now();
    proxy.dropReplies();
    expect(await outcomeOf(ask(at))).toMatchObject({ code: "UNAVAILABLE" });
    proxy.heal();
    proxy.reset();
    const retried = await served(ask, at);
    expect(retried).toMatchObject({ mode: "replay", timeStamp: first.stamp });
    expect(bugs).toEqual([]);
  });

  test("slow beyond its deadline fails the leader and all who wait with it, and the next refresh makes one batch", async () => {
    const ask = newReader(client);
    await served(ask, 0);
    proxy.latency(CALL_MS);
    const at = Date.now();
    const outcomes = await Promise.all(Array.from({ length: 10 }, () => outcomeOf(ask(at))));
    expect(new Set(outcomes.map(({ code }) => code))).toEqual(new Set(["UNAVAILABLE"]));
    proxy.latency(0);
    const pages = await eventually(() => Promise.all([ask(at), ask(at)]), { withinMs: RECOVERED_WITHIN_MS });
    expect(new Set(pages.map(({ stamp }) => stamp)).size).toBe(1);
  });

  test("full: a refresh is UNAVAILABLE, what was served is still there", async () => {
    const ask = newReader(client);
    const first = await served(ask, 0);
    await world.keys.config("SET", "maxmemory", "1");
    expect(await outcomeOf(ask(0))).toMatchObject({ code: "UNAVAILABLE" });
    expect(await served(ask, Number(first.stamp))).toMatchObject({ mode: "replay" });
    await world.keys.config("SET", "maxmemory", "0");
    expect(await served(ask, 0)).toMatchObject({ mode: "refresh" });
    expect(bugs).toEqual([]);
  });

  test("answering nonsense is a bug of ours: INTERNAL, without a word of it", async () => {
    const ask = newReader(client);
    await world.keys.lpush(`feed:{${ask.userId}}`, "not a history");
    await expect(ask(0)).rejects.toThrow(/INTERNAL internal error/);
    expect(bugs).toEqual(["a call failed"]);
    bugs.length = 0;
  });
});

describe("MySQL", () => {
  test("away or half-open: the feed goes on from memory in time, and changes come when it is back", async () => {
    await using redis = await throwawayRedis();
    await using mysqlServer = await privateMysql({ tcp: true });
    await migrate(mysqlServer.url, MIGRATIONS);
    await using mysql = openMysql(mysqlServer.url, { acquireTimeoutMs: 5_000, statementTimeoutMs: 5_000 });
    await mysql.write("INSERT INTO channels (id, name, name_en, position) VALUES (101, '文化', 'Culture', 1)");
    await mysql.write(insertArticles(articles(200)));
    await using proxy = await openProxy({ target: mysqlServer.target });
    const throughProxy = new URL(mysqlServer.url);
    throughProxy.searchParams.delete("socketPath");
    throughProxy.hostname = "127.0.0.1";
    throughProxy.port = String(proxy.port);
    await using server = await openRecommendation({
      address: "127.0.0.1:0",
      mysqlUrl: throughProxy.href,
      redisUrl: redis.url,
      redisTimeoutMs: PATIENT_MS,
      trackSecret: TRACK_SECRET,
      room: ROOM,
      log: createLog({ name: "recommendation", level: "fatal" }),
    });
    await using client = unaryRecommender({ address: server.address, timeoutMs: PATIENT_MS });

    proxy.blackhole();
    for (let call = 0; call < 5; call += 1) {
      const { page } = await outcomeOf(newReader(client)(0));
      expect(page?.recommends).toHaveLength(10);
    }
    proxy.heal();
    proxy.reset();
    await proxy.refuse();
    const { page } = await outcomeOf(newReader(client)(0));
    expect(page?.recommends).toHaveLength(10);

    await mysql.write("UPDATE articles SET status = 2 WHERE id <= 5");
    for (const id of [1, 2, 3, 4, 5]) {
      await mysql.write(
        `INSERT INTO changes (topic, subject_id, version, created_at) VALUES ('article', ${id}, 2, CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS UNSIGNED))`,
      );
    }
    await proxy.listen();
    await eventually(async () => expect(ids(await newReader(client)(0)).filter((id) => id <= 5n)).toEqual([]), {
      withinMs: RECOVERED_WITHIN_MS,
    });
  });
});
