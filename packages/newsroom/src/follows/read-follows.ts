import { idList, type Mysql, WANTED_IDS } from "@headline/mysql";

export async function isFollowing(mysql: Mysql, userId: bigint, authorId: bigint): Promise<boolean> {
  const rows = await mysql.query("SELECT 1 AS follows FROM follows WHERE user_id = ? AND author_id = ?", [
    userId,
    authorId,
  ]);
  return rows.length > 0;
}

/** Those of these authors whom a user follows. */
export async function followedAmong(
  mysql: Mysql,
  userId: bigint,
  authorIds: readonly bigint[],
): Promise<ReadonlySet<bigint>> {
  if (authorIds.length === 0) return new Set();
  const rows = await mysql.query<{ author_id: string }>(
    `SELECT f.author_id FROM ${WANTED_IDS} STRAIGHT_JOIN follows f ON f.author_id = want.id AND f.user_id = ?`,
    [idList(authorIds), userId],
  );
  return new Set(rows.map((row) => BigInt(row.author_id)));
}

/** Authors whom a reader follows, the latest first, `max` of them at most. */
export async function readFollowed(mysql: Mysql, userId: bigint, max: number): Promise<bigint[]> {
  const rows = await mysql.query<{ author_id: string }>(
    `SELECT author_id FROM follows WHERE user_id = ? ORDER BY created_at DESC LIMIT ${max}`,
    [userId],
  );
  return rows.map((row) => BigInt(row.author_id));
}
