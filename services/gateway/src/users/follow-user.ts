import type { Mysql } from "@headline/mysql";
import { DATABASE_NOW_MS } from "@headline/mysql";
import type { UserCounts } from "@headline/newsroom/articles";
import { appendChanges, type Change } from "@headline/newsroom/changes";
import { addNotification } from "@headline/newsroom/notifications";
import { changeStatistics, USER_STATISTICS } from "@headline/newsroom/statistics";
import type { Versioned } from "@headline/redis";
import { Refusal } from "@headline/service/errors";
import type { RequestHandler } from "express";
import { z } from "zod";
import type { Announcer } from "../changes/announcer.js";
import type { Authenticate } from "../http/authenticate.js";
import { sendOk } from "../http/json.js";
import { idText, read } from "../http/read.js";
import type { Users } from "./users.js";

interface Parts {
  readonly authenticate: Authenticate;
  readonly mysql: Mysql;
  readonly announcer: Announcer;
  readonly users: Users;
  readonly onRedisError: (error: unknown) => void;
}

interface Followed {
  readonly counts: ReadonlyMap<bigint, Versioned<UserCounts>>;
  readonly changes: readonly Change[];
}

export const UserPath = z.object({ id: idText });

/** PUT /users/:id/follow: again is the same. */
export const followUser = (parts: Parts) => setFollow(parts, true);

/** DELETE /users/:id/follow: again is the same. */
export const unfollowUser = (parts: Parts) => setFollow(parts, false);

function setFollow(parts: Parts, following: boolean): RequestHandler {
  const { authenticate, mysql, users } = parts;
  return async (req, res) => {
    const { userId } = await authenticate.signedIn(req);
    const { id: authorId } = read(UserPath, req.params);
    if (authorId === userId) throw new Refusal("INVALID_ARGUMENT", "nobody follows themselves");
    if ((await users.profiles.get(authorId)) === undefined)
      throw new Refusal("NOT_FOUND", `user ${authorId} does not exist`);
    const changed = await writeFollow(mysql, userId, authorId, following);
    if (changed !== undefined) await announce(parts, changed);
    sendOk(res, { user_id: String(authorId), following });
  };
}

/** One transaction: the row, who is followed told, both counts, and what the recommender is told. Undefined when nothing changed. */
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
    const told = following
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
    changes.push({ topic: "follows", subjectId: userId, version }, ...told);
    await appendChanges(tx, ...changes);
    return { counts, changes };
  });
}

/** Best effort: MySQL has it, and whoever is not told reads it there within a second. */
async function announce({ users, announcer, onRedisError }: Parts, { counts, changes }: Followed): Promise<void> {
  const offers = [...counts].map(([id, count]) => users.statistics.offer(id, count).catch(onRedisError));
  await Promise.all([announcer.announce(...changes), ...offers]);
}
