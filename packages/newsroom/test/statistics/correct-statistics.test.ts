import { openMysql } from "@headline/mysql";
import { eventually, type Proxy as Link, openProxy } from "@headline/testkit";
import { describe, expect, test } from "@jest/globals";
import { followChanges } from "../../src/changes/index.js";
import {
  ARTICLE_STATISTICS,
  type CorrectionProgress,
  changeStatistics,
  correctStatistics,
} from "../../src/statistics/index.js";
import {
  articleCounts,
  comment,
  commentAndOffer,
  insertArticle,
  insertComment,
  NOTHING_WRONG,
  openWorld,
  sum,
  type World,
} from "./open-world.js";

const KEY = "article-statistics:{7}";

/** A world in which article 7 has three comments, and everybody knows. */
async function openCountedWorld(): Promise<World> {
  const world = await openWorld();
  for (let count = 0; count < 3; count += 1) await commentAndOffer(world, 7n);
  return world;
}

const RIGHT = { truth: 3, row: 3, shown: 3 };

/** Expects that one run finds `found` and puts article 7 right, and that the next finds nothing. */
async function expectCorrected(world: World, found: Partial<ReturnType<typeof sum>>): Promise<void> {
  const report = await correctStatistics(world);
  expect(sum(report)).toEqual({ ...NOTHING_WRONG, ...found });
  expect(report.complete).toBe(true);
  expect(await articleCounts(world, 7n)).toEqual(RIGHT);
  expect(await world.redis.get(KEY)).toContain('"comments":3');
  expect(sum(await correctStatistics(world))).toEqual(NOTHING_WRONG);
}

/** Three comments on article 7; the offer of the third meets a fault on its way to Redis. */
async function offerInVain(world: World, fault: (link: Link) => void): Promise<void> {
  await commentAndOffer(world, 7n);
  await commentAndOffer(world, 7n);
  await using proxy = await openProxy({ target: world.redisServer.target });
  const there = world.elsewhere(await world.connectRedis(`redis://${proxy.address}`));
  const counted = await comment(world, 7n);
  fault(proxy);
  await expect(there.offer(7n, counted)).rejects.toThrow();
}

async function setHeld({ redis }: World, change: (version: number) => string): Promise<void> {
  const version = Number.parseInt((await redis.get(KEY)) ?? "", 10);
  await redis.set(KEY, change(version));
}

describe("the correction", () => {
  test("finds nothing wrong where nothing is", async () => {
    await using world = await openCountedWorld();
    const before = await world.redis.get(KEY);
    expect(sum(await correctStatistics(world))).toEqual(NOTHING_WRONG);
    expect(await world.redis.get(KEY)).toBe(before);
  });

  test("repairs a wrong row, and tells Redis", async () => {
    await using world = await openCountedWorld();
    await world.mysql.write("UPDATE article_statistics SET comments = 8, likes = -2");
    await expectCorrected(world, { wrongInMysql: 2, repaired: 2, largestError: 5 });
  });

  test("is not undone by an offer from before it that arrives after it", async () => {
    await using world = await openWorld();
    await commentAndOffer(world, 7n);
    await commentAndOffer(world, 7n);
    await world.mysql.write("UPDATE article_statistics SET comments = 7");
    const late = await comment(world, 7n);
    expect(late.value?.comments).toBe(8);
    await expectCorrected(world, { wrongInMysql: 1, repaired: 1, largestError: 5 });
    await world.elsewhere().offer(7n, late);
    expect(await articleCounts(world, 7n)).toEqual(RIGHT);
  });

  test("writes a missing row", async () => {
    await using world = await openWorld();
    for (let count = 0; count < 3; count += 1) await insertComment(world.mysql, 7n);
    expect(await articleCounts(world, 7n)).toEqual({ truth: 3, row: 0, shown: 0 });
    await expectCorrected(world, { wrongInMysql: 1, repaired: 1, largestError: 3 });
  });

  test("repairs other counts at the row's version in Redis", async () => {
    await using world = await openCountedWorld();
    await setHeld(world, (version) => `${version}+{"comments":41,"likes":1,"collects":0}`);
    await expectCorrected(world, { wrongInRedis: 2, repaired: 2, largestError: 38 });
  });

  test("repairs a count in Redis of somebody who has nothing and no row", async () => {
    await using world = await openCountedWorld();
    await world.mysql.write("INSERT INTO users (id, name, created_at) VALUES (5, 'alice', 1)");
    await world.redis.set("user-statistics:{5}", '0+{"articles":6,"followers":0,"followings":0,"likes_received":0}');
    await expectCorrected(world, { wrongInRedis: 1, repaired: 1, largestError: 6 });
    expect((await world.users.get(5n))?.articles).toBe(0);
  });

  test("repairs what a process left behind that was killed between its commit and its offer", async () => {
    await using world = await openWorld();
    await commentAndOffer(world, 7n);
    await commentAndOffer(world, 7n);
    await comment(world, 7n);
    expect(await articleCounts(world, 7n)).toEqual({ truth: 3, row: 3, shown: 2 });
    await expectCorrected(world, { wrongInRedis: 1, staleInRedis: 1, repaired: 1, largestError: 1 });
  });

  test("is content with an offer whose reply was lost", async () => {
    await using world = await openWorld();
    await offerInVain(world, (proxy) => proxy.dropReplies());
    await expectCorrected(world, {});
  });

  test("repairs an offer that never arrived", async () => {
    await using world = await openWorld();
    await offerInVain(world, (proxy) => proxy.blackhole());
    await expectCorrected(world, { wrongInRedis: 1, staleInRedis: 1, repaired: 1, largestError: 1 });
  });

  test("brings the row beyond a version that Redis has from before the database was restored", async () => {
    await using world = await openCountedWorld();
    const remembers = world.elsewhere();
    const remembered = Date.now() - 5_000;
    await setHeld(world, () => `${remembered}+{"comments":9,"likes":0,"collects":0}`);
    await world.mysql.write("UPDATE article_statistics SET version = ?", [Date.now() - 3_600_000]);
    expect((await remembers.get(7n))?.comments).toBe(9);
    await expectCorrected(world, { wrongInRedis: 3, repaired: 3, largestError: 6 });
    expect(Number.parseInt((await world.redis.get(KEY)) ?? "", 10)).toBeGreaterThan(remembered);
    await world.articles.offer(7n, await comment(world, 7n));
    expect(await articleCounts(world, 7n)).toEqual({ truth: 4, row: 4, shown: 4 });
  });

  test("replaces a version that no clock will reach", async () => {
    for (const version of [
      Date.now() + 3_600_000,
      Number.MAX_SAFE_INTEGER,
      "9999999999999999",
      "99999999999999999999",
    ]) {
      await using world = await openCountedWorld();
      await setHeld(world, () => `${version}+{"comments":3,"likes":0,"collects":0}`);
      await expectCorrected(world, { wrongInRedis: 3, repaired: 3 });
      await commentAndOffer(world, 7n);
      expect(await articleCounts(world, 7n)).toEqual({ truth: 4, row: 4, shown: 4 });
    }
  });

  test("replaces what cannot be read", async () => {
    await using world = await openCountedWorld();
    for (const garbage of [
      "",
      "3",
      "garbage",
      "1+{",
      "1-",
      '+{"comments":3,"likes":0,"collects":0}',
      "1+{}",
      "\xff\x00",
    ]) {
      await setHeld(world, () => garbage);
      await expectCorrected(world, { wrongInRedis: 3, repaired: 3 });
    }
    await setHeld(world, (version) => `${version}+{"comments":null}`);
    await expectCorrected(world, { wrongInRedis: 3, repaired: 3 });
    await world.redis.del(KEY);
    await world.redis.rpush(KEY, "not", "a", "string");
    await expectCorrected(world, { wrongInRedis: 3, repaired: 3 });
  });

  test("tells the processes that remember what was wrong", async () => {
    await using world = await openCountedWorld();
    const breakages = [
      () => world.mysql.write("UPDATE article_statistics SET comments = 9, version = version + 1"),
      () => setHeld(world, (version) => `${version}+{"comments":9,"likes":0,"collects":0}`),
      () => setHeld(world, (version) => `${version - 1}+{"comments":9,"likes":0,"collects":0}`),
      () => setHeld(world, (version) => `${version + 60_000}+{"comments":9,"likes":0,"collects":0}`),
    ];
    for (const [index, breakIt] of breakages.entries()) {
      await breakIt();
      if (index === 0) await world.redis.flushall();
      const remembers = world.elsewhere();
      expect((await remembers.get(7n))?.comments).toBe(9);
      await using _following = followChanges({
        mysql: world.mysql,
        pollMs: 10,
        onChanges: (changes) => {
          for (const { topic, subjectId, version } of changes)
            if (topic === "article-statistics") remembers.markStaleHere(subjectId, version);
        },
      });
      await correctStatistics(world);
      await eventually(async () => expect([index, (await remembers.get(7n))?.comments]).toEqual([index, 3]));
    }
  });

  test("takes what Redis lacks for missing and not for wrong, after a flush too", async () => {
    await using world = await openCountedWorld();
    await world.redis.flushall();
    const report = await correctStatistics(world);
    expect(sum(report)).toEqual(NOTHING_WRONG);
    expect(report.statistics.map(({ name, missingInRedis }) => [name, missingInRedis])).toEqual([
      ["user-statistics", 0],
      ["article-statistics", 1],
    ]);
    expect(await articleCounts(world, 7n)).toEqual(RIGHT);
  });

  test("leaves a mark that says that nothing is known", async () => {
    await using world = await openCountedWorld();
    await world.elsewhere().markStale(7n, Date.now() + 10_000);
    const mark = await world.redis.get(KEY);
    expect(sum(await correctStatistics(world))).toEqual(NOTHING_WRONG);
    expect(await world.redis.get(KEY)).toBe(mark);
    expect(await articleCounts(world, 7n)).toEqual(RIGHT);
  });

  test("counts every kind of row as its counter does", async () => {
    await using world = await openWorld();
    await insertArticle(world.mysql, { id: 1n, authorId: 10n });
    await insertArticle(world.mysql, { id: 2n, authorId: 10n });
    await insertArticle(world.mysql, { id: 3n, authorId: 10n, status: 2 });
    await world.mysql.write("INSERT INTO follows VALUES (20, 10, 1), (21, 10, 1), (10, 20, 1)");
    await world.mysql.write("INSERT INTO article_likes VALUES (20, 1, 1), (21, 1, 1), (20, 2, 1), (20, 3, 1)");
    await world.mysql.write("INSERT INTO article_collects VALUES (20, 1, 1)");
    await insertComment(world.mysql, 2n);
    await correctStatistics(world);
    expect(Object.fromEntries(await world.users.getMany([10n, 20n, 21n]))).toEqual({
      10: { articles: 2, followers: 2, followings: 1, likes_received: 4 },
      20: { articles: 0, followers: 1, followings: 1, likes_received: 0 },
      21: { articles: 0, followers: 0, followings: 1, likes_received: 0 },
    });
    expect(Object.fromEntries(await world.articles.getMany([1n, 2n, 3n]))).toEqual({
      1: { comments: 0, likes: 2, collects: 1 },
      2: { comments: 1, likes: 1, collects: 0 },
      3: { comments: 0, likes: 1, collects: 0 },
    });
  });

  test("meets everybody once whatever the size of the chunks, ids at the ends of BIGINT included", async () => {
    await using world = await openWorld();
    const ids = [-(2n ** 63n), -5n, 0n, 1n, 2n, 3n, 9n, 2n ** 53n, 2n ** 53n + 1n, 2n ** 63n - 1n];
    const commented = [...ids.slice(0, 6), ...ids.slice(7)];
    const likedByNobody = ids.slice(4, 8);
    for (const id of commented) await insertComment(world.mysql, id);
    for (const chunkSize of [1, 2, 3, 4, 10, 1_000]) {
      await world.mysql.write("DELETE FROM article_statistics");
      await world.redis.flushall();
      for (const id of likedByNobody) {
        const change = await world.mysql.transaction((tx) =>
          changeStatistics(tx, ARTICLE_STATISTICS, id, { likes: 3 }),
        );
        await world.articles.offer(id, change);
      }
      const progress: CorrectionProgress[] = [];
      const report = await correctStatistics({
        ...world,
        definitions: [ARTICLE_STATISTICS],
        chunkSize,
        onProgress: (made) => progress.push(made),
      });
      const [found] = report.statistics;
      expect([chunkSize, found?.membersChecked, found?.membersCheckedInRedis]).toEqual([chunkSize, 10, 10]);
      expect(found?.counters).toMatchObject({
        comments: { wrongInMysql: commented.length, repaired: commented.length, largestError: 1 },
        likes: { wrongInMysql: likedByNobody.length, repaired: likedByNobody.length, largestError: 3 },
        collects: { wrongInMysql: 0, repaired: 0, largestError: 0 },
      });
      if (chunkSize === 1) expect(progress.map(({ membersChecked }) => membersChecked).slice(0, 3)).toEqual([1, 2, 3]);
      const shown = await world.elsewhere().getMany(ids);
      for (const id of ids) {
        expect([id, shown.get(id)]).toEqual([id, { comments: commented.includes(id) ? 1 : 0, likes: 0, collects: 0 }]);
      }
    }
  });

  test("corrects MySQL when Redis is away, and says that Redis was not checked", async () => {
    await using world = await openCountedWorld();
    await world.mysql.write("UPDATE article_statistics SET comments = 8");
    await world.redisServer.kill();
    const errors: unknown[] = [];
    const report = await correctStatistics({ ...world, onError: (error) => errors.push(error) });
    expect(report.complete).toBe(false);
    expect(report.statistics[1]).toMatchObject({ membersChecked: 1, membersCheckedInRedis: 0, unrepaired: 0 });
    expect(sum(report)).toEqual({ ...NOTHING_WRONG, wrongInMysql: 1, repaired: 1, largestError: 5 });
    expect(errors.length).toBeGreaterThan(0);
    expect(await articleCounts(world, 7n)).toEqual(RIGHT);
  });

  test("goes on when one row cannot be locked, and says so", async () => {
    await using world = await openCountedWorld();
    await insertComment(world.mysql, 8n);
    await world.mysql.write("UPDATE article_statistics SET comments = 8");
    await using impatient = openMysql(world.mysqlUrl, { acquireTimeoutMs: 5_000, statementTimeoutMs: 1_000 });
    const report = await world.mysql.transaction(async (tx) => {
      await tx.query("SELECT * FROM article_statistics WHERE article_id = 7 FOR UPDATE");
      return correctStatistics({ ...world, mysql: impatient });
    });
    expect(report.complete).toBe(false);
    expect(report.statistics[1]).toMatchObject({ membersChecked: 2, membersCheckedInRedis: 1, unrepaired: 1 });
    expect(sum(report)).toEqual({ ...NOTHING_WRONG, wrongInMysql: 2, repaired: 1, largestError: 5 });
    expect(await articleCounts(world, 8n)).toEqual({ truth: 1, row: 1, shown: 1 });
    await expectCorrected(world, { wrongInMysql: 1, repaired: 1, largestError: 5 });
  });

  test("ends at the next chunk when it is told to", async () => {
    await using world = await openWorld();
    for (const id of [1n, 2n, 3n]) await insertComment(world.mysql, id);
    const deadline = new AbortController();
    const run = correctStatistics({
      ...world,
      definitions: [ARTICLE_STATISTICS],
      chunkSize: 1,
      signal: deadline.signal,
      onProgress: () => deadline.abort(new Error("out of time")),
    });
    await expect(run).rejects.toThrow("out of time");
    expect(await world.mysql.query("SELECT article_id FROM article_statistics")).toEqual([{ article_id: "1" }]);
  });

  test("refuses when MySQL is away", async () => {
    await using world = await openWorld();
    await using away = openMysql("mysql://root@127.0.0.1:1/nowhere");
    await expect(correctStatistics({ ...world, mysql: away })).rejects.toMatchObject({ code: "UNAVAILABLE" });
  });
});
