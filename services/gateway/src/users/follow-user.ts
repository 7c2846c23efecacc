import { DATABASE_NOW_MS, type Mysql } from "@headline/mysql";
import { appendChanges, type Change } from "@headline/newsroom/changes";
import { addNotification } from "@headline/newsroom/notifications";
import type { UserCounts } from "@headline/newsroom/statistics";
import { changeStatistics, USER_STATISTICS } from "@headline/newsroom/statistics";
import type { Versioned } from "@headline/redis";
import { Refusal } from "@headline/service/errors";
import type { CacheInvalidator } from "../changes/cache-invalidator.js";
import type { Reader } from "../http/authenticate.js";
import type { Call } from "../http/route.js";
import type { UserPath } from "./user-path.js";
import type { Users } from "./users.js";

interface Deps {
  readonly mysql: Mysql;
  readonly invalidator: CacheInvalidator;
  readonly users: Users;
  readonly onRedisError: (error: unknown) => void;
}

interface Followed {
  readonly counts: ReadonlyMap<bigint, Versioned<UserCounts>>;
  readonly changes: readonly Change[];
}

/** Follows a user; again is the same. */
export const followUser = (parts: Deps) => setFollow(parts, true);

/** Ends following a user; again is the same. */
export const unfollowUser = (parts: Deps) => setFollow(parts, false);

function setFollow(parts: Deps, following: boolean) {
  const { mysql, users } = parts;
  return async ({ reader: { userId }, params: { id: authorId } }: Call<{ reader: Reader; params: UserPath }>) => {
    if (authorId === userId) throw new Refusal("INVALID_ARGUMENT", "nobody follows themselves");
    if ((await users.profiles.get(authorId)) === undefined)
      throw new Refusal("NOT_FOUND", `user ${authorId} does not exist`);
    const changed = await writeFollow(mysql, userId, authorId, following);
    if (changed !== undefined) await invalidate(parts, changed);
    return { user_id: String(authorId), following };
  };
}

/** Writes in one transaction the row, the author's notification, both counts and the changes. Undefined when nothing changed. */
function writeFollow(
  mysql: Mysql,
  userId: bigint,
  authorId: bigint,
  following: boolean,
): Promise<Followed | undefined> {
  return mysql.transaction(async (tx) => {
    const { affectedRows } = following
      ? await tx.write(
          `INSERT IGNORE INTO follows (user_id, author_id, created_at) VALUES (?, ?, ${DATABASE_NOW_MS})`,
          [userId, authorId],
        )
      : await tx.write("DELETE FROM follows WHERE user_id = ? AND author_id = ?", [userId, authorId]);
    if (affectedRows === 0) return undefined;
    const notified = following
      ? await addNotification(tx, { userId: authorId, kind: "followed", subjectId: userId, actorId: userId })
      : [];
    const delta = following ? 1 : -1;
    // Always the smaller id first, so that two who follow each other at once do not wait for each other.
    const deltas = [
      { id: userId, by: { followings: delta } },
      { id: authorId, by: { followers: delta } },
    ].sort((a, b) => (a.id < b.id ? -1 : 1));
    const counts = new Map<bigint, Versioned<UserCounts>>();
    for (const { id, by } of deltas) counts.set(id, await changeStatistics(tx, USER_STATISTICS, id, by));
    const changes = [...counts].map(
      ([id, { version }]): Change => ({ topic: "user-statistics", subjectId: id, version }),
    );
    const { version } = counts.get(userId) as Versioned<UserCounts>;
    changes.push({ topic: "follows", subjectId: userId, version }, ...notified);
    await appendChanges(tx, ...changes);
    return { counts, changes };
  });
}

/** Best effort: MySQL has it, and other processes read it there within a second. */
async function invalidate({ users, invalidator, onRedisError }: Deps, { counts, changes }: Followed): Promise<void> {
  const offers = [...counts].map(([id, count]) => users.statistics.offer(id, count).catch(onRedisError));
  await Promise.all([invalidator.invalidate(...changes), ...offers]);
}
