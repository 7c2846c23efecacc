import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { type ThrowawayRedis, throwawayRedis } from "@headline/testkit";
import { Redis } from "ioredis";
import { jobStoreConformance } from "./conformance.js";
import { RedisJobStore } from "./redis.js";

let server: ThrowawayRedis;
let clients: [Redis, Redis];
let opened = 0;

beforeAll(async () => {
  server = await throwawayRedis();
  clients = [new Redis(server.url), new Redis(server.url)];
});

afterAll(async () => {
  for (const client of clients ?? []) client.disconnect();
  await server?.[Symbol.asyncDispose]();
});

describe("the Redis store", () => {
  for (const { name, run } of jobStoreConformance(async () => {
    const namespace = `n${opened++}`;
    const [store, second] = clients.map((redis) => new RedisJobStore({ redis, namespace })) as [RedisJobStore, RedisJobStore];
    return {
      store,
      second,
      advance: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
      corrupt: async (jobId) => void (await clients[0].hset(`{scheduler:${namespace}}:jobs`, jobId, '{"v":1')),
      close: async () => {
        await store.close();
        await second.close();
      },
    };
  })) {
    test(name, run);
  }

  test("all keys carry the hash tag", async () => {
    const keys = await clients[0].keys("*");
    expect(keys.length).toBeGreaterThan(10);
    expect(keys.filter((key) => !/^\{scheduler:n\d+\}:/.test(key))).toEqual([]);
  });

  test("scripts that the server forgot are sent again", async () => {
    const store = new RedisJobStore({ redis: clients[0], namespace: "flushed" });
    await store.now();
    await clients[0].script("FLUSH");
    expect(await store.now()).toBeGreaterThan(1.7e12);
  });
});
