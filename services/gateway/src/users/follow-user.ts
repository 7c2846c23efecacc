import { appendChange, DATABASE_NOW_MS, wakeFollowers } from "@headline/change-feed";
import { Refusal } from "@headline/errors";
import type { Mysql } from "@headline/mysql";
import type { Redis, Versioned } from "@headline/redis";
import { changeStatistics, USER_STATISTICS } from "@headline/statistics";
import type { RequestHandler } from "express";
import { z } from "zod";
import type { UserCounts } from "../articles/article-writer.js";
import type { Authenticate } from "../http/authenticate.js";
import { sendOk } from "../http/json.js";
import { idText, read } from "../http/read.js";
import type { Users } from "./users.js";

interface Parts {
  readonly authenticate: Authenticate;
  readonly mysql: Mysql;
  readonly redis: Redis;
  readonly users: Users;
  readonly now: () => number;
  readonly onRedisError: (error: unknown) => void;
}

interface Followed {
  readonly follower: Versioned<UserCounts>;
  readonly author: Versioned<UserCounts>;
}

const Path = z.object({ id: idText });

/** PUT /users/:id/follow: again is the same. */
export const followUser = (parts: Parts) => setFollow(parts, true);

/** DELETE /users/:id/follow: again is the same. */
export const unfollowUser = (parts: Parts) => setFollow(parts, false);

function setFollow(parts: Parts, following: boolean): RequestHandler {
  const { authenticate, mysql, users } = parts;
  return async (req, res) => {
    const { userId } = await authenticate.signedIn(req);
    const { id: authorId } = read(Path, req.params);
    if (authorId === userId) throw new Refusal("INVALID_ARGUMENT", "nobody follows themselves");
    if ((await users.profiles.get(authorId)) === undefined)
      throw new Refusal("NOT_FOUND", `user ${authorId} does not exist`);
    const changed = await writeFollow(mysql, userId, authorId, following);
    if (changed !== undefined) await announce(parts, userId, authorId, changed);
    sendOk(res, { user_id: String(authorId), following });
  };
}

/** One transaction: the row, both counts, and what the recommender is told. Undefined when nothing changed. */
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
    const delta = following ? 1 : -1;
    // Always the smaller id first, so that two who follow each other at once do not wait for each other.
    const changes = [
      { id: userId, deltas: { followings: delta } },
      { id: authorId, deltas: { followers: delta } },
    ].sort((a, b) => (a.id < b.id ? -1 : 1));
    const counts = new Map<bigint, Versioned<UserCounts>>();
    for (const { id, deltas } of changes) counts.set(id, await changeStatistics(tx, USER_STATISTICS, id, deltas));
    const follower = counts.get(userId) as Versioned<UserCounts>;
    await appendChange(tx, { topic: "follows", subjectId: userId, version: follower.version });
    return { follower, author: counts.get(authorId) as Versioned<UserCounts> };
  });
}

/** Best effort: MySQL has it, and whoever is not told reads it there within a second. */
async function announce({ users, redis, onRedisError }: Parts, userId: bigint, authorId: bigint, followed: Followed) {
  await Promise.all(
    [
      users.statistics.offer(userId, followed.follower),
      users.statistics.offer(authorId, followed.author),
      wakeFollowers(redis, { topic: "follows", subjectId: userId, version: followed.follower.version }),
    ].map((told) => told.catch(onRedisError)),
  );
}
