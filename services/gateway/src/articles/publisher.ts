import { wakeFollowers } from "@headline/change-feed";
import type { Mysql } from "@headline/mysql";
import type { Redis, VersionedCache } from "@headline/redis";
import {
  type AlreadyWritten,
  deleteArticle,
  insertArticle,
  type NewArticle,
  type UserCounts,
  updateArticle,
  type Written,
} from "./article-writer.js";
import type { Articles } from "./articles.js";

interface Parts {
  readonly mysql: Mysql;
  readonly redis: Redis;
  readonly articles: Articles;
  readonly userStatistics: VersionedCache<UserCounts>;
  readonly onRedisError: (error: unknown) => void;
}

/** Writes articles to MySQL, and then tells caches and feeds, so that the next request sees what happened. */
export function createPublisher({ mysql, redis, articles, userStatistics, onRedisError }: Parts) {
  return {
    async publish(authorId: bigint, article: NewArticle, idempotencyKey: string | undefined): Promise<bigint> {
      const written = await insertArticle(mysql, authorId, article, idempotencyKey);
      await announce(authorId, written);
      return written.articleId;
    },
    async edit(authorId: bigint, articleId: bigint, edit: Partial<NewArticle>): Promise<void> {
      await announce(authorId, await updateArticle(mysql, authorId, articleId, edit));
    },
    async remove(authorId: bigint, articleId: bigint): Promise<void> {
      await announce(authorId, await deleteArticle(mysql, authorId, articleId));
    },
  };

  /** Best effort, all at once: the change is in MySQL, and whoever is not told reads it there within a second. */
  async function announce(authorId: bigint, written: Written | AlreadyWritten): Promise<void> {
    if (written.version === undefined) return;
    const { articleId, version, authorCounts } = written;
    await Promise.all(
      [
        articles.markStale(articleId, version),
        authorCounts && userStatistics.offer(authorId, authorCounts),
        wakeFollowers(redis, { topic: "article", subjectId: articleId, version }),
      ].map((told) => told?.catch(onRedisError)),
    );
  }
}

export type Publisher = ReturnType<typeof createPublisher>;
