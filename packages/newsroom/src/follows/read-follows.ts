import type { Mysql } from "@headline/mysql";

export async function isFollowing(mysql: Mysql, userId: bigint, authorId: bigint): Promise<boolean> {
  const rows = await mysql.query("SELECT 1 AS follows FROM follows WHERE user_id = ? AND author_id = ?", [
    userId,
    authorId,
  ]);
  return rows.length > 0;
}

/** Authors whom a reader follows, the latest first, `max` of them at most. */
export async function readFollowed(mysql: Mysql, userId: bigint, max: number): Promise<bigint[]> {
  const rows = await mysql.query<{ author_id: string }>(
    `SELECT author_id FROM follows WHERE user_id = ? ORDER BY created_at DESC LIMIT ${max}`,
    [userId],
  );
  return rows.map((row) => BigInt(row.author_id));
}
