import { setTimeout as sleep } from "node:timers/promises";
import { isDuplicate, type Transaction } from "@headline/mysql";
import { inFull } from "@headline/testkit";
import { describe, expect, test } from "@jest/globals";
import {
  ARTICLE_STATISTICS,
  type CorrectionReport,
  changeStatistics,
  correctStatistics,
  USER_STATISTICS,
} from "../../src/statistics/index.js";
import {
  articleCounts,
  commentAndOffer,
  insertArticle,
  insertComment,
  NOTHING_WRONG,
  openWorld,
  sum,
  type World,
} from "./open-world.js";

const ARTICLES = 12;
const AUTHORS = 3;
const WRITERS = 6;
/** They would keep a machine busy without a rest; what they have in common they fight for all the same. */
const REST_MS = inFull(4, 0);
const RUNS = inFull(15, 60);
const REPAIRS = inFull(8, 20);

describe("the correction beside live writes", () => {
  test("leaves no counter wrong in run after run, and takes none for wrong", async () => {
    await using world = await openInhabitedWorld();
    await using writers = startWriters(world);
    const found: unknown[] = [];
    const left: unknown[] = [];
    for (let run = 0; run < RUNS; run += 1) {
      const readers = world.elsewhere().getMany(ARTICLE_IDS);
      const report = await correctStatistics({ ...world, chunkSize: 4 });
      await readers;
      found.push({ ...sum(report), complete: report.complete });
      left.push(await writers.whileTheyStandStill(() => wrongCounters(world)));
    }
    expect(writers.failures).toEqual([]);
    expect(found).toEqual(Array.from({ length: RUNS }, () => ({ ...NOTHING_WRONG, complete: true })));
    expect(left).toEqual(Array.from({ length: RUNS }, () => []));
    // Hundreds a second on an idle machine; a busy one is slower in both and no less exact.
    expect(writers.changes).toBeGreaterThan(RUNS * 10);
  });

  test("repairs what was broken meanwhile, in one run", async () => {
    await using world = await openInhabitedWorld();
    await using writers = startWriters(world);
    await sleep(50);
    let repaired = 0;
    for (let run = 0; run < REPAIRS; run += 1) {
      await world.mysql.write(
        "UPDATE article_statistics SET likes = likes + 100, comments = 0 WHERE article_id % 3 = ?",
        [run % 3],
      );
      await world.mysql.write("UPDATE user_statistics SET followers = followers - 7 WHERE user_id >= 500");
      await world.redis.del(`article-statistics:{${1 + (run % ARTICLES)}}`);
      await sleep(10);
      repaired += sum(await correctStatistics({ ...world, chunkSize: 5 })).repaired;
      expect([run, await writers.whileTheyStandStill(() => wrongCounters(world))]).toEqual([run, []]);
    }
    expect(writers.failures).toEqual([]);
    expect(repaired).toBeGreaterThanOrEqual(REPAIRS * (2 * 4 + AUTHORS));
  });
});

describe("a recount", () => {
  test("leaves to a writer that has not added yet what that writer is going to add", async () => {
    await using world = await openWrongWorld();
    await world.mysql.transaction(async (tx) => {
      await insertComment(tx, 7n);
      expect(sum(await correctStatistics(world))).toMatchObject({ wrongInMysql: 1, largestError: 40 });
      await changeStatistics(tx, ARTICLE_STATISTICS, 7n, { comments: 1 });
    });
    expect(await articleCounts(world, 7n)).toMatchObject({ truth: 3, row: 3 });
  });

  test("waits for a writer that has added, and counts what it commits", async () => {
    await using world = await openWrongWorld();
    const { run, waited } = await correctBesideWriter(world, "commits");
    expect(waited).toBe(true);
    expect(sum(await run)).toMatchObject({ wrongInMysql: 1, largestError: 40 });
    expect(await articleCounts(world, 7n)).toEqual({ truth: 3, row: 3, shown: 3 });
  });

  test("waits for a writer that has added, and forgets what it rolls back", async () => {
    await using world = await openWrongWorld();
    const { run, waited } = await correctBesideWriter(world, "rolls back");
    expect(waited).toBe(true);
    expect(sum(await run)).toMatchObject({ wrongInMysql: 1, largestError: 40 });
    expect(await articleCounts(world, 7n)).toEqual({ truth: 2, row: 2, shown: 2 });
  });
});

/** Article 7 has two comments and a row that says 42. */
async function openWrongWorld(): Promise<World> {
  const world = await openWorld();
  await commentAndOffer(world, 7n);
  await commentAndOffer(world, 7n);
  await world.mysql.write("UPDATE article_statistics SET comments = 42");
  return world;
}

/** A run that begins when a writer has written everything, and the end of that writer when the run had time to get there. */
async function correctBesideWriter(world: World, end: "commits" | "rolls back") {
  let run: Promise<CorrectionReport> | undefined;
  let waited = true;
  await world.mysql
    .transaction(async (tx) => {
      await insertComment(tx, 7n);
      await changeStatistics(tx, ARTICLE_STATISTICS, 7n, { comments: 1 });
      run = correctStatistics(world);
      waited = (await Promise.race([run, sleep(150, "waits")])) === "waits";
      if (end === "rolls back") throw new Error(end);
    })
    .catch((error: unknown) => expect(error).toMatchObject({ message: "rolls back" }));
  return { run: run as unknown as Promise<CorrectionReport>, waited };
}

const ARTICLE_IDS = Array.from({ length: ARTICLES }, (_, index) => BigInt(index + 1));

async function openInhabitedWorld(): Promise<World> {
  const world = await openWorld();
  for (const id of ARTICLE_IDS) {
    const authorId = authorOf(id);
    await world.mysql.transaction(async (tx) => {
      await insertArticle(tx, { id, authorId });
      await changeStatistics(tx, USER_STATISTICS, authorId, { articles: 1 });
    });
  }
  return world;
}

/** Every count that is not what it counts, in MySQL or in Redis, by the test's own SQL. */
async function wrongCounters({ mysql, redis }: World): Promise<string[]> {
  const subjects = [
    {
      name: "article-statistics",
      sql: `SELECT s.article_id AS id, s.version, s.comments, s.likes, s.collects,
                   (SELECT COUNT(*) FROM comments WHERE article_id = s.article_id) AS true_comments,
                   (SELECT COUNT(*) FROM article_likes WHERE article_id = s.article_id) AS true_likes,
                   0 AS true_collects FROM article_statistics s`,
      counters: ["comments", "likes", "collects"],
    },
    {
      name: "user-statistics",
      sql: `SELECT s.user_id AS id, s.version, s.articles, s.followers, s.followings, s.likes_received,
                   (SELECT COUNT(*) FROM articles WHERE author_id = s.user_id) AS true_articles,
                   (SELECT COUNT(*) FROM follows WHERE author_id = s.user_id) AS true_followers,
                   (SELECT COUNT(*) FROM follows WHERE user_id = s.user_id) AS true_followings,
                   (SELECT COUNT(*) FROM article_likes l, articles a
                     WHERE a.id = l.article_id AND a.author_id = s.user_id) AS true_likes_received
              FROM user_statistics s`,
      counters: ["articles", "followers", "followings", "likes_received"],
    },
  ];
  const wrong: string[] = [];
  for (const { name, sql, counters } of subjects) {
    for (const row of await mysql.query<Record<string, string | number>>(sql)) {
      const held = await redis.get(`${name}:{${row["id"]}}`);
      const counts: Record<string, number> = held === null ? {} : JSON.parse(held.slice(held.indexOf("+") + 1));
      for (const counter of counters) {
        const truth = Number(row[`true_${counter}`]);
        if (Number(row[counter]) !== truth)
          wrong.push(`${name} ${row["id"]} ${counter}: row ${row[counter]}, truth ${truth}`);
        if (held !== null && counts[counter] !== truth)
          wrong.push(`${name} ${row["id"]} ${counter}: held ${held}, truth ${truth}`);
      }
    }
  }
  return wrong;
}

/** Writers that never stop but when they are asked to stand still, each change as the product makes one. */
function startWriters(world: World) {
  const stopped = new AbortController();
  const failures: unknown[] = [];
  let pace: Promise<void> = Promise.resolve();
  let changes = 0;
  let busy = 0;

  const write = async (seed: number) => {
    for (let step = seed; !stopped.signal.aborted; step += 1) {
      if (REST_MS > 0) await sleep(REST_MS);
      await pace;
      busy += 1;
      await change(world, seed, step).then(
        () => {
          changes += 1;
        },
        (error) => failures.push(error),
      );
      busy -= 1;
    }
  };
  const writers = Promise.all(Array.from({ length: WRITERS }, (_, index) => write(index * 1_000)));

  return {
    failures,
    get changes() {
      return changes;
    },
    async whileTheyStandStill<T>(check: () => Promise<T>): Promise<T> {
      let goOn = () => {};
      pace = new Promise((resolve) => {
        goOn = resolve;
      });
      while (busy > 0) await sleep(1);
      try {
        return await check();
      } finally {
        goOn();
      }
    },
    async [Symbol.asyncDispose]() {
      stopped.abort();
      await writers;
    },
  };
}

/** By turns a comment, a like or its end, and a follow or its end: three kinds of locks in each order that the product has. */
async function change(world: World, reader: number, step: number): Promise<void> {
  const articleId = BigInt(1 + ((step * 7) % ARTICLES));
  const authorId = authorOf(articleId);
  if (step % 3 === 0) {
    const counted = await world.mysql.transaction(async (tx) => {
      await insertComment(tx, articleId);
      return changeStatistics(tx, ARTICLE_STATISTICS, articleId, { comments: 1 });
    });
    await world.articles.offer(articleId, counted);
  } else if (step % 3 === 1) {
    const [ofArticle, ofAuthor] = await world.mysql.transaction(async (tx) => {
      const likes = await toggle(tx, "article_likes (user_id, article_id, created_at)", reader, articleId);
      return [
        await changeStatistics(tx, ARTICLE_STATISTICS, articleId, { likes }),
        await changeStatistics(tx, USER_STATISTICS, authorId, { likes_received: likes }),
      ];
    });
    await Promise.all([world.articles.offer(articleId, ofArticle), world.users.offer(authorId, ofAuthor)]);
  } else {
    const readerId = BigInt(reader);
    const [ofAuthor, ofReader] = await world.mysql.transaction(async (tx) => {
      const follows = await toggle(tx, "follows (user_id, author_id, created_at)", reader, authorId);
      return [
        await changeStatistics(tx, USER_STATISTICS, authorId, { followers: follows }),
        await changeStatistics(tx, USER_STATISTICS, readerId, { followings: follows }),
      ];
    });
    await Promise.all([world.users.offer(authorId, ofAuthor), world.users.offer(readerId, ofReader)]);
  }
}

function authorOf(articleId: bigint): bigint {
  return 500n + (articleId % BigInt(AUTHORS));
}

/** Inserts the row or, when it is there, deletes it; answers by how much that changes the count. */
async function toggle(tx: Transaction, into: string, reader: number, id: bigint): Promise<1 | -1> {
  const [table = "", columns = ""] = into.split(" (");
  const [first, second] = columns.split(", ");
  try {
    await tx.write(`INSERT INTO ${into} VALUES (?, ?, 1)`, [reader, id]);
    return 1;
  } catch (error) {
    if (!isDuplicate(error)) throw error;
    await tx.write(`DELETE FROM ${table} WHERE ${first} = ? AND ${second} = ?`, [reader, id]);
    return -1;
  }
}
