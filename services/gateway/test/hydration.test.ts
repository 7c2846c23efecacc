import { setImmediate } from "node:timers/promises";
import type { Mysql } from "@headline/mysql";
import { openRedis, type Redis, waitForRedis } from "@headline/redis";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { Articles } from "../src/articles/articles.js";
import { countingLink } from "./counting-link.js";
import { client, openWorld, type World } from "./open-world.js";

let world: World;
let ids: bigint[];
const redises: Redis[] = [];

beforeAll(async () => {
  world = await openWorld();
  await world.addUser("alice");
  ids = await world.addArticles(40);
});
afterAll(async () => {
  for (const redis of redises) redis.disconnect();
  await world[Symbol.asyncDispose]();
});

/** The articles as a gateway with an empty memory has them, and the statements it sends. */
async function openArticles(redisUrl = world.redis.url, mysql: Mysql = world.mysql) {
  const redis = openRedis(redisUrl, { commandTimeoutMs: 10_000 });
  redises.push(redis);
  await waitForRedis(redis, 30_000);
  const statements: string[] = [];
  const counted: Mysql = {
    ...mysql,
    query: (sql, params) => {
      statements.push(sql);
      return mysql.query(sql, params);
    },
  };
  return {
    redis,
    statements,
    articles: new Articles({
      mysql: counted,
      redis,
      onRedisError: () => undefined,
      onUnreadable: () => () => undefined,
    }),
  };
}

async function flush(): Promise<void> {
  const redis = openRedis(world.redis.url, { commandTimeoutMs: 10_000 });
  await waitForRedis(redis, 30_000);
  await redis.flushall();
  redis.disconnect();
}

describe("hydrating articles", () => {
  test("takes one SELECT per table for everything that is missing, and one round trip to Redis when it is there", async () => {
    await flush();
    const cold = await openArticles();
    const found = await cold.articles.getMany(ids);
    expect(found.every((item) => item !== undefined)).toBe(true);
    expect(cold.statements).toHaveLength(2);
    expect(cold.statements[0]).toMatch(/JSON_TABLE.*JOIN articles /s);
    expect(cold.statements[1]).toMatch(/JSON_TABLE.*JOIN article_statistics /s);
    await settled(cold);

    await using link = await countingLink(world.redis.target);
    const warm = await openArticles(`redis://127.0.0.1:${link.port}`);
    const before = link.trips();
    expect(await warm.articles.getMany(ids)).toEqual(found);
    expect(link.trips() - before).toBe(1);
    expect(warm.statements).toEqual([]);
    expect(warm.articles.getMany(ids)).toEqual(found); // from memory, without waiting for anything
    expect(link.trips() - before).toBe(1);
  });

  test("remembers an article that does not exist", async () => {
    const link = await openArticles();
    const { articles, statements } = link;
    const missing = [900_001n, 900_002n];
    expect(await articles.getMany(missing)).toEqual([undefined, undefined]);
    expect(statements).toHaveLength(2);
    for (let again = 0; again < 3; again += 1) expect(await articles.getMany(missing)).toEqual([undefined, undefined]);
    expect(statements).toHaveLength(2);
    await settled(link);
    const other = await openArticles();
    await other.articles.getMany(missing);
    expect(other.statements).toEqual([]);
  });

  test("after Redis was flushed, 100 readers of two gateways cost MySQL no more statements than there are articles", async () => {
    await flush();
    const gateways = [await openArticles(), await openArticles()];
    const readers = gateways.flatMap(({ articles }, gateway) =>
      Array.from({ length: 100 }, async (_, reader) => {
        await new Promise((resolve) => setTimeout(resolve, reader % 10));
        const wanted = ids.filter((_id, index) => (index * 7 + reader * 3 + gateway) % 4 === 0);
        return (await articles.getMany(wanted)).every((item) => item !== undefined);
      }),
    );
    expect((await Promise.all(readers)).every(Boolean)).toBe(true);
    for (const { statements } of gateways) expect(statements.length).toBeLessThanOrEqual(ids.length);
  });

  test("keeps copies in Redis for differing times, so that they do not expire together", async () => {
    await flush();
    const loaded = await openArticles();
    const { articles, redis } = loaded;
    await articles.getMany(ids);
    await settled(loaded);
    const ttls = await Promise.all(ids.map((id) => redis.pttl(`article:{${id}}`)));
    expect(new Set(ttls.map((ttl) => Math.round(ttl / 1_000))).size).toBeGreaterThan(10);
    for (const ttl of ttls) expect(Math.abs(ttl / 3_600_000 - 1)).toBeLessThan(0.06);
  });

  test("is not undone by a slow load that began before an edit", async () => {
    await flush();
    const [id] = ids as [bigint];
    let release: () => void = () => undefined;
    let hasRead: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const read = new Promise<void>((resolve) => {
      hasRead = resolve;
    });
    const slowMysql: Mysql = {
      ...world.mysql,
      query: async <Row>(sql: string, params?: never) => {
        const rows = await world.mysql.query<Row>(sql, params);
        hasRead();
        await held;
        return rows;
      },
    };
    const slow = await openArticles(world.redis.url, slowMysql);
    const fast = await openArticles();
    const stale = slow.articles.getMany([id]);
    await read;
    await world.mysql.write("UPDATE articles SET title = 'edited', version = version + 1 WHERE id = ?", [id]);
    await fast.articles.fragments.markStale(id, 2);
    expect(String((await fast.articles.getMany([id]))[0])).toContain("edited");
    release();
    expect(String((await stale)[0])).toContain("article 1"); // asked before the edit
    await settled(slow, fast);
    slow.articles.fragments.markStaleHere(id, 2);
    for (const reader of [slow, fast, await openArticles()])
      expect(String((await reader.articles.getMany([id]))[0])).toContain("edited");
  });
});

describe("a page of the feed", () => {
  test("costs no round trip by cursor and one by page number, once its articles are warm", async () => {
    const { address } = await world.openRecommendation();
    await using link = await countingLink(world.redis.target);
    const gateway = await world.openGateway({
      recommenderAddress: address,
      redisUrl: `redis://127.0.0.1:${link.port}`,
    });
    const tripsOf = async (path: string) => {
      const before = link.trips();
      const answer = await client(gateway).get(path);
      expect(answer.body.data).toMatchObject({ degraded: false, results: { length: 10 } });
      return link.trips() - before;
    };
    // Beside them the gateway asks Redis on its own now and then, so the fewest of several count.
    const fewestOf = async (path: () => string) => {
      const trips: number[] = [];
      for (let again = 0; again < 10; again += 1) trips.push(await tripsOf(path()));
      return Math.min(...trips);
    };
    expect(await fewestOf(() => `/articles?channel_id=101&timestamp=${Date.now()}`)).toBe(0);
    expect(await fewestOf(() => "/articles?channel_id=101")).toBe(1);
  });
});

/** Resolves when what was sent to Redis without being waited for has arrived: its answers come in order, and a script it did not know is sent twice. */
async function settled(...links: { redis: Redis }[]): Promise<void> {
  for (const { redis } of links)
    for (let again = 0; again < 2; again += 1) {
      await setImmediate();
      await redis.ping();
    }
}
