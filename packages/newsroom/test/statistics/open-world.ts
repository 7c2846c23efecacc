import { fileURLToPath } from "node:url";
import { type Mysql, migrate, openMysql, type Transaction } from "@headline/mysql";
import { openRedis, type Redis, type Versioned, type VersionedCache, waitForRedis } from "@headline/redis";
import { CloseStack } from "@headline/service/lifecycle";
import { migratedMysql, type ThrowawayRedis, throwawayRedis } from "@headline/testkit";
import {
  ARTICLE_STATISTICS,
  type CorrectionReport,
  type Counts,
  changeStatistics,
  openStatistics,
  USER_STATISTICS,
} from "../../src/statistics/index.js";

export type ArticleCounts = Counts<"comments" | "likes" | "collects">;
export type UserCounts = Counts<"articles" | "followers" | "followings" | "likes_received">;

export interface World extends AsyncDisposable {
  readonly mysql: Mysql;
  readonly mysqlUrl: string;
  readonly redisServer: ThrowawayRedis;
  readonly redis: Redis;
  readonly articles: VersionedCache<ArticleCounts>;
  readonly users: VersionedCache<UserCounts>;
  /** Another process's view of the article counts, with a memory of its own. */
  elsewhere(redis?: Redis): VersionedCache<ArticleCounts>;
  connectRedis(url: string): Promise<Redis>;
}

const MIGRATIONS = fileURLToPath(new URL("../../migrations", import.meta.url));

/** A real MariaDB with the schema, a real Redis, and both kinds of statistics over them. */
export async function openWorld(): Promise<World> {
  const resources = new CloseStack();
  const database = resources.use(await migratedMysql((url) => migrate(url, MIGRATIONS)));
  const redisServer = resources.use(await throwawayRedis());
  const mysql = resources.use(openMysql(database.url, { acquireTimeoutMs: 5_000, statementTimeoutMs: 5_000 }));
  const connectRedis = async (url: string, commandTimeoutMs = 100) => {
    const redis = openRedis(url, { commandTimeoutMs });
    resources.defer(() => redis.disconnect());
    await waitForRedis(redis, 30_000);
    return redis;
  };
  const redis = await connectRedis(redisServer.url, 2_000); // a busy machine is not what is tested
  return {
    mysql,
    mysqlUrl: database.url,
    redisServer,
    redis,
    articles: openStatistics(ARTICLE_STATISTICS, { mysql, redis, localMax: 1_000 }),
    users: openStatistics(USER_STATISTICS, { mysql, redis, localMax: 1_000 }),
    elsewhere: (over = redis) => openStatistics(ARTICLE_STATISTICS, { mysql, redis: over, localMax: 1_000 }),
    connectRedis,
    [Symbol.asyncDispose]: () => resources.close(),
  };
}

/** An article that is not counted yet; a deleted one has status 2. */
export async function insertArticle(
  to: Transaction,
  { id, authorId, status = 1 }: { id: bigint; authorId: bigint; status?: number },
): Promise<void> {
  await to.write(
    `INSERT INTO articles (id, author_id, channel_id, title, cover, status, version, published_at, created_at, updated_at)
     VALUES (?, ?, 101, 'title', '[]', ?, 1, 1, 1, 1)`,
    [id, authorId, status],
  );
}

/** Only the counted row. */
export async function insertComment(to: Transaction, articleId: bigint): Promise<void> {
  await to.write("INSERT INTO comments (article_id, user_id, content, created_at) VALUES (?, 1, 'so true', 1)", [
    articleId,
  ]);
}

/** A comment as the product makes one, without the update of Redis. */
export function comment({ mysql }: World, articleId: bigint): Promise<Versioned<ArticleCounts>> {
  return mysql.transaction(async (tx) => {
    await insertComment(tx, articleId);
    return changeStatistics(tx, ARTICLE_STATISTICS, articleId, { comments: 1 });
  });
}

/** The same, with the update of Redis. */
export async function commentAndOffer(world: World, articleId: bigint): Promise<Versioned<ArticleCounts>> {
  const counted = await comment(world, articleId);
  await world.articles.offer(articleId, counted);
  return counted;
}

/** Each article's counts as another process shows them, as counted, and as stored: the same, or there is an error. */
export async function articleCounts(world: World, id: bigint) {
  const [row] = await world.mysql.query<{ comments: string; version: string }>(
    "SELECT comments, version FROM article_statistics WHERE article_id = ?",
    [id],
  );
  const [truth] = await world.mysql.query<{ count: string }>(
    "SELECT COUNT(*) AS count FROM comments WHERE article_id = ?",
    [id],
  );
  const shown = await world.elsewhere().get(id);
  return { truth: Number(truth?.count), row: Number(row?.comments ?? 0), shown: shown?.comments };
}

/** Findings of a report, over all counters. */
export function sum({ statistics }: CorrectionReport) {
  const counters = statistics.flatMap((of) => Object.values(of.counters));
  const total = (of: (counter: (typeof counters)[number]) => number) =>
    counters.reduce((sofar, counter) => sofar + of(counter), 0);
  return {
    wrongInMysql: total(({ wrongInMysql }) => wrongInMysql),
    wrongInRedis: total(({ wrongInRedis }) => wrongInRedis),
    staleInRedis: total(({ staleInRedis }) => staleInRedis),
    repaired: total(({ repaired }) => repaired),
    largestError: Math.max(...counters.map(({ largestError }) => largestError)),
  };
}

export const NOTHING_WRONG = { wrongInMysql: 0, wrongInRedis: 0, staleInRedis: 0, repaired: 0, largestError: 0 };
