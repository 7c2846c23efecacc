import { throwawayRedis } from "@headline/testkit";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { openRedis, type Redis, script, waitForRedis } from "./index.js";

let server: Awaited<ReturnType<typeof throwawayRedis>>;
let redis: Redis;

beforeAll(async () => {
  server = await throwawayRedis();
  redis = openRedis(server.url, { commandTimeoutMs: 10_000 });
  await waitForRedis(redis, 30_000);
});
afterAll(async () => {
  redis?.disconnect();
  await server?.[Symbol.asyncDispose]();
});

/** Calls of EVALSHA and EVAL since the statistics were reset. */
async function calls(): Promise<Record<string, number>> {
  const stats = await redis.info("commandstats");
  const found = [...stats.matchAll(/^cmdstat_(evalsha|eval):calls=(\d+)/gm)];
  return Object.fromEntries(found.map(([, name, count]) => [name, Number(count)]));
}

test("a script is sent in full once, then by its hash, and in full again when Redis has forgotten it", async () => {
  const incrementTo = script<[limit: number], number>("return math.min(redis.call('INCR', KEYS[1]), ARGV[1])");
  await redis.config("RESETSTAT");
  expect([await incrementTo(redis, "counter", 2), await incrementTo(redis, "counter", 2)]).toEqual([1, 2]);
  expect(await incrementTo(redis, "counter", 2)).toBe(2);
  expect(await calls()).toEqual({ evalsha: 3, eval: 1 });
  await redis.script("FLUSH");
  expect(await incrementTo(redis, "counter", 9)).toBe(4);
  expect(await calls()).toEqual({ evalsha: 4, eval: 2 });
});

test("bytes go in and come out as they are, with any number of keys", async () => {
  const swap = script<[bytes: Buffer], [Buffer | null, Buffer]>(
    "local before = redis.call('GETSET', KEYS[1], ARGV[1]) return { before, redis.call('GET', KEYS[2]) }",
    { reply: "bytes" },
  );
  const bytes = Buffer.from([0, 0xff, 0x80]);
  await redis.set("other", Buffer.from([0xfe]));
  expect(await swap(redis, ["swapped", "other"], bytes)).toEqual([null, Buffer.from([0xfe])]);
  expect(await swap(redis, ["swapped", "other"], Buffer.of(1))).toEqual([bytes, Buffer.from([0xfe])]);
});

test("a script that is unknown or fails takes nothing along that was sent in the same tick", async () => {
  const known = script<[], string>("return 'known'");
  const failing = script<[], never>("return redis.error_reply('FULL no more')");
  await redis.set("beside", "it");
  for (let round = 0; round < 2; round += 1) {
    await redis.script("FLUSH");
    const outcomes = await Promise.allSettled([
      redis.get("beside"),
      known(redis, []),
      failing(redis, []),
      redis.get("beside"),
    ]);
    expect(outcomes).toMatchObject([
      { value: "it" },
      { value: "known" },
      { reason: { message: expect.stringContaining("FULL no more") } },
      { value: "it" },
    ]);
  }
});
