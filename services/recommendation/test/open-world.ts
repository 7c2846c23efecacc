import { fileURLToPath } from "node:url";
import { CloseStack } from "@headline/lifecycle";
import { type Mysql, migrate, openMysql } from "@headline/mysql";
import { createLog } from "@headline/observability";
import { type Recommender, unaryRecommender } from "@headline/rpc";
import { type ThrowawayRedis, throwawayMysql, throwawayRedis } from "@headline/testkit";
import { openRecommendation, type RunningRecommendation } from "../src/open-recommendation.js";

export const MIGRATIONS = fileURLToPath(new URL("../../../migrations", import.meta.url));
export const TRACK_SECRET = "the tracking secret of the tests, long enough";

export interface ArticleSeed {
  readonly id: bigint;
  readonly authorId?: bigint;
  readonly channelId?: number;
  readonly ageMs?: number;
  readonly likes?: number;
}

export interface World extends AsyncDisposable {
  readonly mysql: Mysql;
  readonly mysqlUrl: string;
  readonly redis: ThrowawayRedis;
  /** Another recommendation service over the same stores, and a client of it. */
  open(options?: { now?: () => number }): Promise<{ server: RunningRecommendation; client: Recommender }>;
  seed(articles: readonly ArticleSeed[]): Promise<void>;
}

/** Real MariaDB with the schema, real Redis, channels 101 and 102, and what the test seeds before it opens a service. */
export async function openWorld(): Promise<World> {
  const resources = new CloseStack();
  const database = resources.use(await throwawayMysql());
  await migrate(database.url, MIGRATIONS);
  const redis = resources.use(await throwawayRedis());
  const mysql = resources.use(openMysql(database.url, { acquireTimeoutMs: 5_000, statementTimeoutMs: 10_000 }));
  await mysql.write(
    "INSERT INTO channels (id, name, name_en, position) VALUES (101, '文化', 'Culture', 1), (102, '娱乐', 'Fun', 2)",
  );

  return {
    mysql,
    mysqlUrl: database.url,
    redis,
    async open({ now } = {}) {
      const server = resources.use(
        await openRecommendation({
          address: "127.0.0.1:0",
          mysqlUrl: database.url,
          redisUrl: redis.url,
          trackSecret: TRACK_SECRET,
          log: createLog({ name: "recommendation", level: "error" }),
          ...(now && { now }),
        }),
      );
      const client = resources.use(unaryRecommender({ address: server.address, timeoutMs: 5_000 }));
      return { server, client };
    },
    async seed(articles) {
      const rows = articles.map(({ id, authorId = id, channelId = 101, ageMs = Number(id) * 1_000 }) => {
        const at = Date.now() - ageMs;
        return `(${id}, ${authorId}, ${channelId}, 'title ${id}', '[]', 1, 1, ${at}, ${at}, ${at})`;
      });
      await mysql.write(
        `INSERT INTO articles (id, author_id, channel_id, title, cover, status, version, published_at, created_at, updated_at) VALUES ${rows.join(",")}`,
      );
      const liked = articles.filter(({ likes }) => likes !== undefined);
      if (liked.length > 0) {
        await mysql.write(
          `INSERT INTO article_statistics (article_id, likes) VALUES ${liked.map(({ id, likes }) => `(${id}, ${likes})`).join(",")}`,
        );
      }
    },
    [Symbol.asyncDispose]: () => resources.close(),
  };
}

/** Articles 1 to `count`, the first the newest, each by an author of its own. */
export function articles(count: number, seed: Omit<ArticleSeed, "id"> = {}): ArticleSeed[] {
  return Array.from({ length: count }, (_, index) => ({ id: BigInt(index + 1), ...seed }));
}
