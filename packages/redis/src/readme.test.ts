import { throwawayRedis } from "@headline/testkit";
import { expect, test } from "@jest/globals";
import { openRedis, VersionedCache, waitForRedis } from "./index.js";

test("the README's example holds", async () => {
  await using server = await throwawayRedis();
  const redis = openRedis(server.url);
  await waitForRedis(redis, 30_000);
  const titles = new VersionedCache<string>({
    name: "title",
    redis,
    source: async (ids) => new Map(ids.map((id) => [id, { version: 1, value: `article ${id}` }])),
    encode: (title) => Buffer.from(title),
    decode: (bytes) => bytes.toString(),
    localMax: 10_000,
  });
  expect(await titles.getMany([7n, 8n])).toEqual(
    new Map([
      [7n, "article 7"],
      [8n, "article 8"],
    ]),
  );
  expect(titles.peek(7n)).toBe("article 7");
  await titles.markStale(7n, 2);
  expect(titles.peek(7n)).toBeUndefined();
  expect(await redis.exists("title:{7}")).toBe(1);
  redis.disconnect();
});
