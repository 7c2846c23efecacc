import { DATABASE_NOW_MS, type Mysql, type Transaction } from "@headline/mysql";
import type { Versioned } from "@headline/redis";
import { appendChanges, type Change } from "../changes/index.js";
import { addNotification } from "../notifications/index.js";
import { changeStatistics, USER_STATISTICS, type UserCounts } from "../statistics/index.js";

/** A user's following of an author, to begin or to end. */
export interface Follow {
  readonly userId: bigint;
  readonly authorId: bigint;
  readonly following: boolean;
}

export interface WrittenFollow {
  readonly counts: ReadonlyMap<bigint, Versioned<UserCounts>>;
  readonly changes: readonly Change[];
}

/** Writes in one transaction the row, the author's notification, both counts and the changes. Undefined when nothing changed. */
export function writeFollow(mysql: Mysql, follow: Follow): Promise<WrittenFollow | undefined> {
  const { userId, authorId, following } = follow;
  return mysql.transaction(async (tx) => {
    if (!(await writeRow(tx, follow))) return undefined;
    const notified = following
      ? await addNotification(tx, { userId: authorId, kind: "followed", subjectId: userId, actorId: userId })
      : [];
    const counts = await writeCounts(tx, follow);
    const changes = [...counts].map(
      ([id, { version }]): Change => ({ topic: "user-statistics", subjectId: id, version }),
    );
    const { version } = counts.get(userId) as Versioned<UserCounts>;
    changes.push({ topic: "follows", subjectId: userId, version }, ...notified);
    await appendChanges(tx, ...changes);
    return { counts, changes };
  });
}

async function writeRow(tx: Transaction, { userId, authorId, following }: Follow): Promise<boolean> {
  const { affectedRows } = following
    ? await tx.write(`INSERT IGNORE INTO follows (user_id, author_id, created_at) VALUES (?, ?, ${DATABASE_NOW_MS})`, [
        userId,
        authorId,
      ])
    : await tx.write("DELETE FROM follows WHERE user_id = ? AND author_id = ?", [userId, authorId]);
  return affectedRows > 0;
}

/** Always the smaller id first, so that two who follow each other at once do not wait for each other. */
async function writeCounts(
  tx: Transaction,
  { userId, authorId, following }: Follow,
): Promise<ReadonlyMap<bigint, Versioned<UserCounts>>> {
  const delta = following ? 1 : -1;
  const deltas = [
    { id: userId, by: { followings: delta } },
    { id: authorId, by: { followers: delta } },
  ].sort((a, b) => (a.id < b.id ? -1 : 1));
  const counts = new Map<bigint, Versioned<UserCounts>>();
  for (const { id, by } of deltas) counts.set(id, await changeStatistics(tx, USER_STATISTICS, id, by));
  return counts;
}
