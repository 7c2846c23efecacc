import { fileURLToPath } from "node:url";
import { type Mysql, migrate, openMysql } from "@headline/mysql";
import { appendChanges, type Change, wakeFollowers } from "@headline/newsroom/changes";
import {
  connectRecommender,
  type MakeTokens,
  type Recommendation,
  type Recommender,
  unaryRecommender,
} from "@headline/recommender";
import { openRedis, type Redis, waitForRedis } from "@headline/redis";
import { CloseStack } from "@headline/service/lifecycle";
import { createLog, type Log } from "@headline/service/log";
import { eventually, migratedMysql, type ThrowawayRedis, throwawayRedis } from "@headline/testkit";
import { openRecommendation, type RunningRecommendation } from "../src/open-recommendation.js";

export const MIGRATIONS = fileURLToPath(new URL("../../../packages/newsroom/migrations", import.meta.url));
export const TRACK_SECRET = "the tracking secret of the tests, long enough";
/** Clearing room for millions is half of what a service costs that lives for a second. */
export const ROOM = { articles: 10_000, readers: 2_000 };
const PUBLISHED = 1;
const DELETED = 2;

export interface ArticleSeed {
  readonly id: bigint;
  readonly authorId?: bigint;
  readonly channelId?: number;
  readonly ageMs?: number;
  readonly likes?: number;
  readonly deleted?: boolean;
}

export interface OpenOptions {
  readonly now?: () => number;
  readonly mysqlUrl?: string;
  readonly redisUrl?: string;
  readonly stateRedisUrl?: string;
  readonly redisTimeoutMs?: number;
  readonly callsMax?: number;
  readonly holdout?: number;
  readonly explainAddress?: string | undefined;
  readonly reflection?: boolean;
  readonly snapshotMs?: number;
  readonly metricsPort?: number;
  readonly log?: Log;
  /** Over the stream of batches instead of one RPC a call. */
  readonly streaming?: boolean;
  /** Time limit of the client, its one retry included. */
  readonly timeoutMs?: number;
}

export interface Opened {
  readonly server: RunningRecommendation;
  readonly client: Recommender;
}

export interface World extends AsyncDisposable {
  readonly mysql: Mysql;
  readonly mysqlUrl: string;
  readonly redis: ThrowawayRedis;
  /** Another recommendation service over the same stores, and a client of it. */
  open(options?: OpenOptions): Promise<Opened>;
  /** A client of a service that is open. */
  connect(
    server: RunningRecommendation,
    options?: { streaming?: boolean; timeoutMs?: number; makeTokens?: MakeTokens },
  ): Promise<Recommender>;
  seed(articles: readonly ArticleSeed[]): Promise<void>;
  /** Writes statements and what they change in one transaction, then wakes the followers. */
  change(sql: readonly string[], ...changes: readonly Change[]): Promise<void>;
  /** The Redis of the services, as the test sees it. */
  readonly keys: Redis;
}

/** Real MariaDB with the schema, real Redis, channels 101 to 112, and what the test seeds before it opens a service. */
export async function openWorld({ redis: given }: { redis?: ThrowawayRedis } = {}): Promise<World> {
  const resources = new CloseStack();
  const database = resources.use(await migratedMysql((url) => migrate(url, MIGRATIONS)));
  const redis = resources.use(given ?? (await throwawayRedis()));
  const mysql = resources.use(openMysql(database.url, { acquireTimeoutMs: 5_000, statementTimeoutMs: 10_000 }));
  const keys = openRedis(redis.url, { commandTimeoutMs: 10_000 });
  resources.defer(() => keys.disconnect());
  await waitForRedis(keys, 30_000);
  const channels = Array.from(
    { length: 12 },
    (_, index) => `(${101 + index}, '频道${index}', 'C${index}', ${index + 1})`,
  );
  await mysql.write(`INSERT INTO channels (id, name, name_en, position) VALUES ${channels.join(",")}`);

  const connect: World["connect"] = async ({ address }, { streaming = false, timeoutMs = 30_000, makeTokens } = {}) => {
    const options = { address, timeoutMs, makeTokens };
    const client = resources.use(streaming ? connectRecommender(options) : unaryRecommender(options));
    if (streaming) await eventually(() => (client.streaming ? true : Promise.reject(new Error("no stream is up"))));
    return client;
  };

  return {
    mysql,
    mysqlUrl: database.url,
    redis,
    keys,
    connect,
    async open({ streaming = false, timeoutMs = 30_000, ...options } = {}) {
      const server = resources.use(
        await openRecommendation({
          address: "127.0.0.1:0",
          metricsHost: "127.0.0.1",
          explainAddress: "127.0.0.1:0",
          mysqlUrl: database.url,
          redisUrl: redis.url,
          trackSecret: TRACK_SECRET,
          room: ROOM,
          redisTimeoutMs: 5_000,
          readerTimeoutMs: 10_000,
          log: createLog({ name: "recommendation", level: "fatal" }),
          ...options,
        }),
      );
      return { server, client: await connect(server, { streaming, timeoutMs }) };
    },
    async seed(articles) {
      await mysql.write(insertArticles(articles));
      const liked = articles.filter(({ likes }) => likes !== undefined);
      if (liked.length > 0) {
        await mysql.write(
          `INSERT INTO article_statistics (article_id, likes) VALUES ${liked.map(({ id, likes }) => `(${id}, ${likes})`).join(",")}`,
        );
      }
    },
    async change(sql, ...changes) {
      await mysql.transaction(async (tx) => {
        for (const statement of sql) await tx.write(statement);
        await appendChanges(tx, ...changes);
      });
      await wakeFollowers(keys, ...changes);
    },
    [Symbol.asyncDispose]: () => resources.close(),
  };
}

export function insertArticles(articles: readonly ArticleSeed[]): string {
  const rows = articles.map(({ id, authorId = id, channelId = 101, ageMs = Number(id) * 1_000, deleted = false }) => {
    const at = Date.now() - ageMs;
    const status = deleted ? DELETED : PUBLISHED;
    return `(${id}, ${authorId}, ${channelId}, 'title ${id}', '[]', ${status}, 1, ${at}, ${at}, ${at})`;
  });
  return `INSERT INTO articles (id, author_id, channel_id, title, cover, status, version, published_at, created_at, updated_at) VALUES ${rows.join(",")}`;
}

export function articleChange(id: bigint, version = 2): Change {
  return { topic: "article", subjectId: id, version };
}

/** Articles 1 to `count`, the first the newest, each by an author of its own. */
export function articles(count: number, seed: Omit<ArticleSeed, "id"> = {}): ArticleSeed[] {
  return Array.from({ length: count }, (_, index) => ({ id: BigInt(index + 1), ...seed }));
}

export function ids(page: Recommendation): readonly bigint[] {
  return page.recommends.map(({ articleId }) => articleId);
}

/** Articles in more than one of the pages, or twice on one. */
export function repeated(pages: readonly Recommendation[]): bigint[] {
  const seen = new Set<bigint>();
  return pages.flatMap(ids).filter((id) => seen.size === seen.add(id).size);
}

let readers = 1_000n;

/** Asks as a reader nobody has been before. */
export function newReader(client: Recommender) {
  readers += 1n;
  const userId = readers;
  const ask = (timeStamp: number | bigint, more: AskMore = {}) => {
    const { dryRun = false, via = client, ...fields } = more;
    const request = { userId, channelId: 0, articleNum: 10, ...fields, timeStamp: BigInt(timeStamp) };
    return via.recommend(request, { dryRun });
  };
  return Object.assign(ask, { userId });
}

interface AskMore {
  readonly articleNum?: number;
  readonly channelId?: number;
  readonly dryRun?: boolean;
  readonly via?: Recommender;
}
