import type { Mysql } from "@headline/mysql";
import { type WrittenFollow, writeFollow } from "@headline/newsroom/follows";
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

/** Follows a user; again is the same. */
export const followUser = (parts: Deps) => setFollow(parts, true);

/** Ends following a user; again is the same. */
export const unfollowUser = (parts: Deps) => setFollow(parts, false);

function setFollow(parts: Deps, following: boolean) {
  const { mysql, users } = parts;
  return async ({ reader: { userId }, params: { id: authorId } }: Call<{ reader: Reader; params: UserPath }>) => {
    if (authorId === userId) throw new Refusal("INVALID_ARGUMENT", "a user cannot follow themselves");
    if ((await users.profiles.get(authorId)) === undefined)
      throw new Refusal("NOT_FOUND", `user ${authorId} does not exist`);
    const changed = await writeFollow(mysql, { userId, authorId, following });
    if (changed !== undefined) await invalidate(parts, changed);
    return { user_id: String(authorId), following };
  };
}

/** Best effort: MySQL has it, and other processes read it there within a second. */
async function invalidate(
  { users, invalidator, onRedisError }: Deps,
  { counts, changes }: WrittenFollow,
): Promise<void> {
  const offers = [...counts].map(([id, count]) => users.statistics.offer(id, count).catch(onRedisError));
  await Promise.all([invalidator.invalidate(...changes), ...offers]);
}
