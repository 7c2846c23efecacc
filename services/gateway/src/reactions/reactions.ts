import type { Mysql } from "@headline/mysql";
import type { Reaction } from "@headline/newsroom/reactions";
import { type Reacted, writeReactions } from "@headline/newsroom/reactions";
import type { ArticleCounts, UserCounts } from "@headline/newsroom/statistics";
import type { VersionedCache } from "@headline/redis";
import type { CacheInvalidator } from "../changes/cache-invalidator.js";

interface Deps {
  readonly mysql: Mysql;
  readonly invalidator: CacheInvalidator;
  readonly articleStatistics: VersionedCache<ArticleCounts>;
  readonly userStatistics: VersionedCache<UserCounts>;
  readonly onRedisError: (error: unknown) => void;
}

/** Writes reactions to MySQL, and then updates caches, so that the next request sees the counts. */
export function createReactions({ mysql, invalidator, articleStatistics, userStatistics, onRedisError }: Deps) {
  return async (reactions: readonly Reaction[]): Promise<readonly Reacted[]> => {
    if (reactions.length === 0) return [];
    const { reacted, articleCounts, authorCounts, changes } = await writeReactions(mysql, reactions);
    // Best effort, all at once: a process that misses it reads the change from MySQL within a second.
    await Promise.all([
      invalidator.invalidate(...changes),
      ...[...articleCounts].map(([id, counts]) => articleStatistics.offer(id, counts).catch(onRedisError)),
      ...[...authorCounts].map(([id, counts]) => userStatistics.offer(id, counts).catch(onRedisError)),
    ]);
    return reacted;
  };
}

export type React = ReturnType<typeof createReactions>;
