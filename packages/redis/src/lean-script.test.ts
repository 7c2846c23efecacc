import { eventually, openProxy, type ThrowawayRedis, throwawayRedis } from "@headline/testkit";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import fc from "fast-check";
import { Command } from "ioredis";
import { isUnableReply, leanScript, openRedis, type Redis, waitForRedis } from "./index.js";
import { encodeCommand } from "./lean-script.js";

const append = leanScript<[bytes: Buffer], number>("return redis.call('APPEND', KEYS[1], ARGV[1])");
const swap = leanScript<[value: string | Buffer], Buffer | null>("return redis.call('GETSET', KEYS[1], ARGV[1])");
const failing = leanScript<[], never>("return redis.error_reply('FULL no more')");

let server: ThrowawayRedis;
let redis: Redis;
const outcomes: string[] = [];

beforeAll(async () => {
  server = await throwawayRedis();
  redis = await opened(server.url);
});
afterAll(async () => {
  redis?.disconnect();
  await server?.[Symbol.asyncDispose]();
});

async function opened(url: string, commandTimeoutMs = 10_000): Promise<Redis> {
  const client = openRedis(url, { commandTimeoutMs, observe: (_, outcome) => void outcomes.push(outcome) });
  await waitForRedis(client, 30_000);
  return client;
}

test("a command has the bytes that the client would write, whatever its arguments", () => {
  const argument = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.integer(),
    fc.uint8Array().map((bytes) => Buffer.from(bytes)),
  );
  fc.assert(
    fc.property(fc.array(argument, { maxLength: 9 }), (args) => {
      const theirs = new Command("evalsha", args).toWritable({});
      expect(encodeCommand(["evalsha", ...args]).equals(Buffer.from(theirs))).toBe(true);
    }),
  );
});

test("bytes go in and come out as they are, and a forgotten script is sent in full once", async () => {
  const bytes = Buffer.from([0, 0xff, 0x0d, 0x0a]);
  expect([await swap(redis, "swapped", bytes), await swap(redis, "swapped", "字")]).toEqual([null, bytes]);
  await redis.script("FLUSH");
  expect(await swap(redis, "swapped", Buffer.alloc(0))).toEqual(Buffer.from("字"));
  expect(await swap(redis, "swapped", "")).toEqual(Buffer.alloc(0));
});

test("each of a turn's commands gets its own reply, pipelined ones and failures among them", async () => {
  await redis.set("beside", "it");
  const ask = () =>
    Promise.allSettled([
      append(redis, "grown", Buffer.of(1)),
      redis.get("beside"),
      failing(redis, "a"),
      redis.get("b"),
    ]);
  const settled = await Promise.all([ask(), ask()]);
  const failed = { reason: { name: "ReplyError", message: expect.stringContaining("FULL no more") } };
  const lengths = settled.map(([grown]) => (grown as PromiseFulfilledResult<number>).value);
  expect(lengths.sort()).toEqual([1, 2]);
  for (const each of settled) expect(each.slice(1)).toMatchObject([{ value: "it" }, failed, { value: null }]);
});

test("a turn's commands are held back and leave in their order", async () => {
  await append(redis, "turn", Buffer.of(0));
  const replies = Array.from({ length: 100 }, (_, at) => append(redis, "turn", Buffer.of(at)));
  expect(redis.stream.writableLength).toBeGreaterThan(100 * "evalsha".length);
  expect(await Promise.all(replies)).toEqual(Array.from({ length: 100 }, (_, at) => at + 2));
  expect(redis.stream.writableLength).toBe(0);
});

test("a Redis that cannot serve just now is known by its reply", async () => {
  await redis.config("SET", "min-replicas-to-write", 1);
  const refused = await append(redis, "refused", Buffer.of(1)).catch((error: unknown) => error);
  await redis.config("SET", "min-replicas-to-write", 0);
  expect([isUnableReply(refused), await redis.exists("refused")]).toEqual([true, 0]);
});

test("without a reply it fails in time, is sent once, and is back with the link", async () => {
  await using proxy = await openProxy({ target: server.target });
  const client = await opened(`redis://127.0.0.1:${proxy.port}`, 200);
  await eventually(async () => expect(await append(client, "warm", Buffer.of(1))).toBeGreaterThan(0));
  outcomes.length = 0;
  proxy.dropReplies();
  await expect(append(client, "once", Buffer.of(1))).rejects.toThrow(/timed out|closed|retries/);
  await expect(swap(client, "swapped", "late")).rejects.toThrow();
  expect(new Set(outcomes)).toEqual(new Set(["unavailable"]));
  proxy.reset();
  proxy.heal();
  await eventually(async () => expect(await append(client, "warm", Buffer.of(1))).toBeGreaterThan(1));
  expect(await redis.strlen("once")).toBe(1);
  client.disconnect();
});

test("while Redis is away it fails at once, and nothing is queued", async () => {
  await using proxy = await openProxy({ target: server.target });
  const client = await opened(`redis://127.0.0.1:${proxy.port}`);
  await proxy.refuse();
  proxy.reset();
  await eventually(() => expect(client.status).not.toBe("ready"));
  for (let call = 0; call < 3; call += 1) await expect(append(client, "away", Buffer.of(1))).rejects.toThrow();
  await proxy.listen();
  await eventually(async () => expect(await append(client, "away", Buffer.of(1))).toBe(1));
  client.disconnect();
});
