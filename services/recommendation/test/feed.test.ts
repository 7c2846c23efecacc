import type { Change } from "@headline/newsroom/changes";
import type { Recommender } from "@headline/recommender";
import { eventually } from "@headline/testkit";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { articleChange, articles, ids, insertArticles, newReader, openWorld, type World } from "./open-world.js";

const HOUR_MS = 3_600_000;

let world: World;
let client: Recommender;

beforeEach(async () => {
  world = await openWorld();
});
afterEach(async () => {
  await world[Symbol.asyncDispose]();
});

/** Opens the service over these articles. */
async function serve(...seeds: Parameters<World["seed"]>[0][]) {
  for (const seed of seeds) await world.seed(seed);
  ({ client } = await world.open());
}

const peek = async (channelId = 0, userId = -1n) =>
  ids(await client.recommend({ userId, channelId, articleNum: 50, timeStamp: 0n }, { dryRun: true }));

describe("what the feed leaves out", () => {
  test("deleted articles, the reader's own, those not out yet and those of another year", async () => {
    await serve([
      { id: 1n },
      { id: 2n, deleted: true },
      { id: 3n, authorId: 77n },
      { id: 4n, ageMs: -HOUR_MS },
      { id: 5n, ageMs: 366 * 24 * HOUR_MS, likes: 1_000_000 },
    ]);
    expect(await peek(0, 77n)).toEqual([1n]);
    expect(await peek(0, 78n)).toEqual([1n, 3n]);
    expect(await client.countUpdates({ userId: 77n, channelId: 0, since: 0n })).toBe(1);
  });

  test("other channels", async () => {
    await serve([
      { id: 1n, channelId: 101 },
      { id: 2n, channelId: 102 },
    ]);
    expect([await peek(101), await peek(102), await peek(103), await peek(0)]).toEqual([[1n], [2n], [], [1n, 2n]]);
  });
});

describe("what the feed puts first", () => {
  test("what many reacted to lately, before what is merely newer", async () => {
    await serve([
      { id: 1n, ageMs: 1_000 },
      { id: 2n, ageMs: HOUR_MS, likes: 50 },
      { id: 3n, ageMs: 40 * 24 * HOUR_MS, likes: 5_000 },
    ]);
    expect(await peek()).toEqual([2n, 1n, 3n]);
  });

  test("an author's second article yields to every other author's first", async () => {
    await serve([
      { id: 1n, authorId: 50n, ageMs: 1_000, likes: 100 },
      { id: 2n, authorId: 50n, ageMs: 2_000, likes: 100 },
      { id: 3n, authorId: 51n, ageMs: HOUR_MS },
      { id: 4n, authorId: 52n, ageMs: 2 * HOUR_MS },
    ]);
    expect(await peek()).toEqual([1n, 3n, 4n, 2n]);
  });

  test("one author's flood leaves room for the others", async () => {
    const flood = Array.from({ length: 200 }, (_, index) => ({
      id: BigInt(1_000 + index),
      authorId: 9n,
      ageMs: index,
    }));
    await serve(flood, articles(20, { ageMs: 12 * HOUR_MS }));
    const page = await newReader(client)(0);
    expect(ids(page).filter((id) => id >= 1_000n).length).toBeLessThanOrEqual(2);
  });

  test("the latest of the authors the reader follows, though others are hotter", async () => {
    await serve(articles(100, { likes: 2, ageMs: HOUR_MS }), [{ id: 500n, authorId: 600n, ageMs: 2 * HOUR_MS }]);
    const ask = newReader(client);
    await world.mysql.write(`INSERT INTO follows (user_id, author_id, created_at) VALUES (${ask.userId}, 600, 1)`);
    const page = await ask(0);
    expect(page.reasons[ids(page).indexOf(500n)]).toBe("followed");
    expect(ids(await newReader(client)(0))).not.toContain(500n);
  });

  test("a new article without any reaction gets a place among many that have", async () => {
    const liked = Array.from({ length: 300 }, (_, index) => ({
      id: BigInt(1_000 + index),
      authorId: BigInt(1_000 + index),
      likes: 5_000,
      ageMs: 3 * 24 * HOUR_MS,
    }));
    await serve(liked, [{ id: 7n, ageMs: 47 * HOUR_MS }]);
    const pages = [await newReader(client)(0), await newReader(client)(0)];
    for (const page of pages) expect(page.reasons[ids(page).indexOf(7n)]).toBe("explore");
  });

  test("and keeps it until thirty readers were served it", async () => {
    const hot = Array.from({ length: 50 }, (_, index) => ({
      id: BigInt(100 + index),
      authorId: BigInt(100 + index),
      likes: 900,
      ageMs: 49 * HOUR_MS,
    }));
    await serve(hot, [{ id: 7n, ageMs: 47 * HOUR_MS }]);
    const places: boolean[] = [];
    for (let reader = 0; reader < 35; reader += 1) places.push(ids(await newReader(client)(0)).includes(7n));
    expect(places).toEqual(places.map((_, reader) => reader < 30));
  });
});

describe("what changes reaches the feed", () => {
  test("a published article, at once", async () => {
    await serve(articles(20));
    await world.change([insertArticles([{ id: 900n, ageMs: 0 }])], articleChange(900n, 1));
    await eventually(async () => expect(await peek()).toContain(900n));
  });

  test("a deleted article leaves the feed and the history", async () => {
    await serve(articles(20));
    const ask = newReader(client);
    const page = await ask(0);
    const [gone] = ids(page);
    await world.change([`UPDATE articles SET status = 2, version = 2 WHERE id = ${gone}`], articleChange(gone ?? 0n));
    await eventually(async () => expect(await peek()).not.toContain(gone));
    const replayed = await ask(page.stamp);
    expect(ids(replayed)).toEqual(ids(page).slice(1));
    expect(replayed.reasons).toEqual(page.reasons.slice(1));
  });

  test("an article whose row is no more leaves them, too", async () => {
    await serve(articles(20));
    const ask = newReader(client);
    const page = await ask(0);
    await world.change(["DELETE FROM articles WHERE id = 3"], articleChange(3n));
    await eventually(async () => expect(await peek()).not.toContain(3n));
    expect(ids(await ask(page.stamp))).not.toContain(3n);
  });

  test("what was deleted before a server came up does not show in its histories", async () => {
    await serve(articles(20));
    const ask = newReader(client);
    const page = await ask(0);
    const [first, second] = ids(page);
    await world.mysql.write(`UPDATE articles SET status = 2 WHERE id = ${first}`);
    await world.mysql.write(`DELETE FROM articles WHERE id = ${second}`);
    const later = await world.open();
    expect(ids(await ask(page.stamp, { via: later.client }))).toEqual(ids(page).slice(2));
  });

  test("an article that moved is in its new channel alone, explored or not", async () => {
    await serve([{ id: 1n }, { id: 2n }]); // the older one waits first, so the one that moves is not in front
    await world.change(["UPDATE articles SET channel_id = 102 WHERE id = 1"], articleChange(1n));
    await eventually(async () => expect(await peek(102)).toEqual([1n]));
    expect(await peek(101)).toEqual([2n]);
    expect(await peek(0)).toEqual([1n, 2n]);
  });

  test("likes lift an article, on every server", async () => {
    await serve(articles(20));
    const other = await world.open();
    await world.change(["INSERT INTO article_statistics (article_id, likes) VALUES (20, 9)"], {
      topic: "article-statistics",
      subjectId: 20n,
      version: 1,
    });
    for (const via of [client, other.client]) {
      await eventually(async () => expect(ids(await newReader(via)(0))[0]).toBe(20n));
    }
  });

  test("following an author brings the author's articles, unfollowing takes them away", async () => {
    await serve(articles(100, { likes: 2, ageMs: HOUR_MS }), [{ id: 500n, authorId: 600n, ageMs: 2 * HOUR_MS }]);
    const ask = newReader(client);
    const told: Change = { topic: "follows", subjectId: ask.userId, version: 1 };
    const first = async () => ids(await ask(0, { dryRun: true }));
    expect(await first()).not.toContain(500n);
    await world.change([`INSERT INTO follows (user_id, author_id, created_at) VALUES (${ask.userId}, 600, 1)`], told);
    await eventually(async () => expect(await first()).toContain(500n));
    await world.change([`DELETE FROM follows WHERE user_id = ${ask.userId}`], told);
    await eventually(async () => expect(await first()).not.toContain(500n));
  });

  test("even when nobody was woken: the table is read every second", async () => {
    await serve(articles(20));
    await world.mysql.write(insertArticles([{ id: 900n, ageMs: 0 }]));
    await world.mysql.write(
      "INSERT INTO changes (topic, subject_id, version, created_at) VALUES ('article', 900, 1, CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS UNSIGNED))",
    );
    await eventually(async () => expect(await peek()).toContain(900n));
  });

  test("an import brings its channels and articles, and leaves in place what was there", async () => {
    await serve(articles(20, { likes: 2 }));
    await world.mysql.write("INSERT INTO channels (id, name, name_en, position) VALUES (200, '新', 'New', 20)");
    await world.mysql.write(insertArticles([{ id: 900n, channelId: 200 }]));
    await expect(peek(200)).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    const before = await peek();
    await world.change([], { topic: "import", subjectId: 0n, version: 1 });
    await eventually(async () => expect(await peek(200)).toEqual([900n]));
    expect((await peek()).filter((id) => id !== 900n)).toEqual(before);
  });
});

test("what is new is counted without being consumed", async () => {
  await serve(articles(20, { ageMs: HOUR_MS }), [
    { id: 501n, ageMs: 3_000, channelId: 102 },
    { id: 502n, ageMs: 2_000 },
    { id: 503n, ageMs: 1_000 },
  ]);
  const { userId } = newReader(client);
  const since = BigInt(Date.now() - 60_000);
  const count = (channelId: number) => client.countUpdates({ userId, channelId, since });
  expect([await count(0), await count(0), await count(101), await count(102)]).toEqual([3, 3, 2, 1]);
  await client.recommend({ userId, channelId: 102, articleNum: 10, timeStamp: 0n });
  expect([await count(0), await count(102)]).toEqual([2, 0]);
  await expect(count(999)).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
});
