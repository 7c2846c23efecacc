import { eventually } from "@headline/testkit";
import { describe, expect, test } from "@jest/globals";
import { ARTICLE_STATISTICS, changeStatistics, USER_STATISTICS } from "../../src/statistics/index.js";
import { articleCounts, comment, commentAndOffer, openWorld } from "./open-world.js";

describe("a change of counts", () => {
  test("is exact when fifty change one subject at once, and Redis ends with the last of them", async () => {
    await using world = await openWorld();
    const counted = await Promise.all(Array.from({ length: 50 }, () => commentAndOffer(world, 7n)));
    expect(counted.map(({ value }) => value?.comments).sort((a = 0, b = 0) => a - b)).toEqual(
      Array.from({ length: 50 }, (_, index) => index + 1),
    );
    expect(new Set(counted.map(({ version }) => version)).size).toBe(50);
    expect(await world.redis.get("article-statistics:{7}")).toContain('"comments":50');
    expect(await articleCounts(world, 7n)).toEqual({ truth: 50, row: 50, shown: 50 });
  });

  test("is exact when fifty change ten subjects at once", async () => {
    await using world = await openWorld();
    const ids = Array.from({ length: 10 }, (_, index) => BigInt(index + 1));
    await Promise.all(ids.flatMap((id) => Array.from({ length: 5 }, () => commentAndOffer(world, id))));
    for (const id of ids) expect(await articleCounts(world, id)).toEqual({ truth: 5, row: 5, shown: 5 });
  });

  test("adds several deltas, takes away, and leaves the other counts alone", async () => {
    await using world = await openWorld();
    const change = (deltas: { comments?: number; likes?: number; collects?: number }) =>
      world.mysql.transaction((tx) => changeStatistics(tx, ARTICLE_STATISTICS, 7n, deltas));
    const first = await change({ likes: 2, collects: 1 });
    expect(first.value).toEqual({ comments: 0, likes: 2, collects: 1 });
    const second = await change({ likes: -1 });
    expect(second.value).toEqual({ comments: 0, likes: 1, collects: 1 });
    expect(second.version).toBeGreaterThan(first.version);
  });

  test("leaves nothing behind when its transaction is rolled back", async () => {
    await using world = await openWorld();
    await comment(world, 7n);
    const failing = world.mysql.transaction(async (tx) => {
      await changeStatistics(tx, ARTICLE_STATISTICS, 7n, { comments: 1 });
      throw new Error("the rest of the change failed");
    });
    await expect(failing).rejects.toThrow("the rest of the change failed");
    expect(await articleCounts(world, 7n)).toEqual({ truth: 1, row: 1, shown: 1 });
  });

  test("refuses what is not a whole number", async () => {
    await using world = await openWorld();
    const half = world.mysql.transaction((tx) => changeStatistics(tx, ARTICLE_STATISTICS, 7n, { likes: 0.5 }));
    await expect(half).rejects.toThrow("likes changes by a whole number, not by 0.5");
  });

  test("keeps ids apart that differ beyond 2^53", async () => {
    await using world = await openWorld();
    const near = [9_007_199_254_740_992n, 9_007_199_254_740_993n];
    for (const id of near)
      await world.mysql.transaction((tx) => changeStatistics(tx, USER_STATISTICS, id, { articles: 1 }));
    for (const id of near) expect((await world.users.get(id))?.articles).toBe(1);
  });
});

describe("the version of counts", () => {
  test("is the database's time, so that a wiped database beats the Redis that was kept", async () => {
    await using world = await openWorld();
    for (let count = 0; count < 20; count += 1) await commentAndOffer(world, 7n);
    await world.mysql.write("DELETE FROM comments");
    await world.mysql.write("DELETE FROM article_statistics");
    await commentAndOffer(world, 7n);
    expect(await articleCounts(world, 7n)).toEqual({ truth: 1, row: 1, shown: 1 });
  });

  test("grows when the database's clock has gone back", async () => {
    await using world = await openWorld();
    const future = Date.now() + 3_600_000;
    await world.mysql.write("INSERT INTO article_statistics (article_id, version) VALUES (7, ?)", [future]);
    expect((await comment(world, 7n)).version).toBe(future + 1);
  });
});

describe("the cache of counts", () => {
  test("keeps a newer value when a slow older offer arrives after it", async () => {
    await using world = await openWorld();
    const [older, newer] = [await comment(world, 7n), await comment(world, 7n)];
    await world.articles.offer(7n, newer);
    await world.elsewhere().offer(7n, older);
    expect(await world.elsewhere().get(7n)).toEqual({ comments: 2, likes: 0, collects: 0 });
  });

  test("shows zeroes for who was never counted, and the first change after that", async () => {
    await using world = await openWorld();
    expect(await world.elsewhere().get(7n)).toEqual({ comments: 0, likes: 0, collects: 0 });
    await eventually(async () => expect(await world.redis.get("article-statistics:{7}")).toMatch(/^0\+/));
    await commentAndOffer(world, 7n);
    expect(await world.elsewhere().get(7n)).toEqual({ comments: 1, likes: 0, collects: 0 });
  });

  test("reads the rows when what Redis has cannot be read", async () => {
    await using world = await openWorld();
    await comment(world, 7n);
    for (const garbage of ["1+{}", "1+[]", "1+null", '1+{"comments":"9","likes":0,"collects":0}', "1+{"]) {
      await world.redis.set("article-statistics:{7}", garbage);
      expect(await world.elsewhere().get(7n)).toEqual({ comments: 1, likes: 0, collects: 0 });
    }
  });
});
