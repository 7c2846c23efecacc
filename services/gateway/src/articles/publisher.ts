import type { Mysql } from "@headline/mysql";
import {
  type AlreadyWritten,
  type ArticleEdit,
  type Deletion,
  deleteArticle,
  type EditRules,
  insertArticle,
  type NewArticle,
  type PublishRequest,
  updateArticle,
  type Written,
} from "@headline/newsroom/articles";
import type { JobsIn } from "@headline/newsroom/jobs";
import type { UserCounts } from "@headline/newsroom/statistics";
import type { VersionedCache } from "@headline/redis";
import type { CacheInvalidator } from "../changes/cache-invalidator.js";

interface Deps {
  readonly mysql: Mysql;
  readonly jobs: JobsIn;
  readonly invalidator: CacheInvalidator;
  readonly userStatistics: VersionedCache<UserCounts>;
  readonly onRedisError: (error: unknown) => void;
}

/** Writes articles to MySQL, and then invalidates caches, so that the next request reads what was written. */
export function createPublisher({ mysql, jobs, invalidator, userStatistics, onRedisError }: Deps) {
  const writer = { mysql, jobs };
  return {
    async publish(authorId: bigint, article: NewArticle, request: PublishRequest): Promise<bigint> {
      const written = await insertArticle(writer, authorId, article, request);
      await announce(authorId, written);
      return written.articleId;
    },
    async edit(authorId: bigint, articleId: bigint, edit: ArticleEdit, rules: EditRules): Promise<void> {
      await announce(authorId, await updateArticle(writer, authorId, articleId, edit, rules));
    },
    async remove(deletion: Deletion): Promise<void> {
      await announce(deletion.authorId, await deleteArticle(writer, deletion));
    },
  };

  /** Best effort, all at once: the change is in MySQL. */
  async function announce(authorId: bigint, { changes, authorCounts }: Written | AlreadyWritten): Promise<void> {
    await Promise.all([
      invalidator.invalidate(...changes),
      authorCounts && userStatistics.offer(authorId, authorCounts).catch(onRedisError),
    ]);
  }
}

export type Publisher = ReturnType<typeof createPublisher>;
