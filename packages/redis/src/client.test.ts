import { eventually, openProxy, throwawayRedis } from "@headline/testkit";
import { describe, expect, test } from "@jest/globals";
import { openRedis, type Redis, waitForRedis } from "./client.js";
import { namingLogin } from "./failure.js";

async function back(redis: Redis): Promise<void> {
  await eventually(async () => expect(await redis.ping()).toBe("PONG"));
}

describe("a Redis client", () => {
  test("fails while Redis is away, queues nothing, and is back after its return", async () => {
    await using server = await throwawayRedis();
    const redis = openRedis(server.url);
    await waitForRedis(redis, 30_000);
    await server.kill();
    await eventually(() => expect(redis.status).not.toBe("ready"));
    for (let call = 0; call < 5; call += 1) await expect(redis.get("a")).rejects.toThrow();
    await server.restart();
    await back(redis);
    redis.disconnect();
  });

  test.each(["blackhole", "dropReplies"] as const)("notices a link that is half-open (%s) and heals", async (fault) => {
    await using server = await throwawayRedis();
    await using proxy = await openProxy({ target: server.target });
    const redis = openRedis(`redis://127.0.0.1:${proxy.port}`);
    await waitForRedis(redis, 30_000);
    proxy[fault]();
    for (let call = 0; call < 5; call += 1) await expect(redis.get("a")).rejects.toThrow();
    proxy.heal();
    await back(redis);
    redis.disconnect();
  });

  test("sends nothing twice when a reply is lost", async () => {
    await using server = await throwawayRedis();
    await using proxy = await openProxy({ target: server.target });
    const redis = openRedis(`redis://127.0.0.1:${proxy.port}`);
    await waitForRedis(redis, 30_000);
    proxy.dropReplies();
    const lost = redis.incr("once");
    await expect(lost).rejects.toThrow();
    proxy.reset();
    proxy.heal();
    await back(redis);
    const patient = openRedis(server.url, { commandTimeoutMs: 5_000 });
    await waitForRedis(patient, 30_000);
    expect(await patient.get("once")).toBe("1");
    patient.disconnect();
    redis.disconnect();
  });

  test("that listens notices a half-open link by itself, and listens again", async () => {
    await using server = await throwawayRedis();
    await using proxy = await openProxy({ target: server.target });
    const listener = openRedis(`redis://127.0.0.1:${proxy.port}`, { subscriber: true });
    await waitForRedis(listener, 30_000);
    await eventually(() => listener.subscribe("news"));
    const heard: string[] = [];
    listener.on("message", (_channel, message) => heard.push(message));
    const speaker = openRedis(server.url, { commandTimeoutMs: 5_000 });
    await waitForRedis(speaker, 30_000);
    await eventually(async () => {
      await speaker.publish("news", "before");
      expect(heard).toContain("before");
    });
    proxy.blackhole();
    await eventually(() => expect(listener.status).not.toBe("ready"));
    proxy.heal();
    await eventually(async () => {
      await speaker.publish("news", "after");
      expect(heard).toContain("after");
    });
    listener.disconnect();
    speaker.disconnect();
  });

  test("leaves no rejection unhandled when what it sends by itself after a reconnect has no reply", async () => {
    const unhandled: unknown[] = [];
    const onUnhandled = (error: unknown) => void unhandled.push(error);
    process.on("unhandledRejection", onUnhandled);
    await using server = await throwawayRedis();
    await using proxy = await openProxy({ target: server.target });
    const url = `redis://127.0.0.1:${proxy.port}/1`;
    const listener = openRedis(url, { subscriber: true, commandTimeoutMs: 200 });
    const client = openRedis(url, { commandTimeoutMs: 200 });
    try {
      await Promise.all([waitForRedis(listener, 30_000), waitForRedis(client, 30_000)]);
      await eventually(() => listener.subscribe("changes"));
      const before = proxy.counts.connections;
      proxy.reset();
      proxy.dropReplies();
      await eventually(() => expect(proxy.counts.connections).toBeGreaterThan(before + 3)); // both have tried again
      proxy.heal();
      await back(client);
      expect(unhandled).toEqual([]);
    } finally {
      process.off("unhandledRejection", onUnhandled);
      listener.disconnect();
      client.disconnect();
    }
  });

  test.each([
    "WRONGPASS invalid username-password pair or user is disabled.",
    "NOAUTH Authentication required.",
    "ERR invalid password",
    "ERR Client sent AUTH, but no password is set",
    "ERR AUTH <password> called without any password configured for the default user.",
  ])("names the variable where Redis says %j", (reply) => {
    const reported: unknown[] = [];
    const report = namingLogin("REDIS_URL", (error) => reported.push(error));
    report(new Error(reply));
    report(new Error("LOADING Redis is loading the dataset in memory"));
    expect(reported.map((error) => (error as Error).message)).toEqual([
      expect.stringMatching(/^REDIS_URL: Redis refuses the user or password \(/),
      "LOADING Redis is loading the dataset in memory",
    ]);
  });

  test("waits for Redis only so long", async () => {
    const redis = openRedis("redis://127.0.0.1:1");
    expect(await waitForRedis(redis, 100)).toBe(false);
    redis.disconnect();
  });
});
