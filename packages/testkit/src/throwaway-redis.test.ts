import { describe, expect, test } from "@jest/globals";
import { Redis } from "ioredis";
import { redisCommandCalls } from "./redis-command-calls.js";
import { throwawayRedis } from "./throwaway-redis.js";

describe("throwawayRedis", () => {
  test("two are two: neither sees the other's keys", async () => {
    await using one = await throwawayRedis();
    await using other = await throwawayRedis();
    await ask(one.url, (redis) => redis.set("reader", "alice"));
    expect(await ask(other.url, (redis) => redis.get("reader"))).toBeNull();
  });

  test("killed and restarted, it is empty and at the same address", async () => {
    await using server = await throwawayRedis({ tcp: true });
    const { url, pid } = server;
    await ask(url, (redis) => redis.set("reader", "alice"));
    await server.kill();
    await expect(ask(url, (redis) => redis.ping())).rejects.toThrow();
    await server.restart();
    expect(server.url).toBe(url);
    expect(server.pid).not.toBe(pid);
    expect(await ask(url, (redis) => redis.get("reader"))).toBeNull();
  });

  test("a durable one keeps what it acknowledged", async () => {
    await using server = await throwawayRedis({ durable: true });
    await ask(server.url, (redis) => redis.set("reader", "alice"));
    await server.restart();
    expect(await ask(server.url, (redis) => redis.get("reader"))).toBe("alice");
  });

  test("paused, it accepts and says nothing; resumed, it answers", async () => {
    await using server = await throwawayRedis();
    const redis = new Redis(server.url, { lazyConnect: true });
    await redis.connect();
    server.pause();
    const answer = redis.ping();
    const quiet = new Promise((resolve) => setTimeout(resolve, 50, "quiet"));
    expect(await Promise.race([answer, quiet])).toBe("quiet");
    server.resume();
    expect(await answer).toBe("PONG");
    redis.disconnect();
  });

  test("a paused one can be thrown away", async () => {
    const server = await throwawayRedis();
    const { pid } = server;
    server.pause();
    await server[Symbol.asyncDispose]();
    expect(() => process.kill(pid, 0)).toThrow("ESRCH");
  });

  test("takes further arguments", async () => {
    await using server = await throwawayRedis({ args: ["--maxmemory", "2mb"] });
    expect(await ask(server.url, (redis) => redis.call("CONFIG", "GET", "maxmemory"))).toEqual([
      "maxmemory",
      "2097152",
    ]);
  });

  test("counts the calls of a command", async () => {
    await using server = await throwawayRedis();
    expect(await redisCommandCalls(server.url, "MGET")).toBe(0);
    await ask(server.url, (redis) => redis.mget("a", "b"));
    expect(await redisCommandCalls(server.url, "MGET")).toBe(1);
  });
});

async function ask<T>(url: string, question: (redis: Redis) => Promise<T>): Promise<T> {
  // ioredis holds the process for this long when told to disconnect from a connection that has ended already.
  const disconnectTimeout = 50;
  const redis = new Redis(url, { lazyConnect: true, retryStrategy: null, maxRetriesPerRequest: 0, disconnectTimeout });
  redis.on("error", () => {}); // the command that was asked says it too
  try {
    await redis.connect();
    return await question(redis);
  } finally {
    redis.disconnect();
  }
}
