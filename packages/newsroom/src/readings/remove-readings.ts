import { DATABASE_NOW_MS, type Mysql } from "@headline/mysql";

const ROWS_AT_ONCE = 1_000;

/** Removes an article from a reader's history; false when it is not there. Only reading it again brings it back. */
export async function removeReading(mysql: Mysql, userId: bigint, articleId: bigint): Promise<boolean> {
  const { affectedRows } = await mysql.write(
    `UPDATE readings SET removed_at = ${DATABASE_NOW_MS}
      WHERE user_id = ? AND article_id = ? AND article_id > 0 AND removed_at IS NULL`,
    [userId, articleId],
  );
  return affectedRows > 0;
}

/**
 * Clears a reader's history. The mark hides at once what was read up to now, events that land later included; the rows are
 * deleted behind it, a thousand at a time.
 */
export async function clearReadings(mysql: Mysql, userId: bigint): Promise<void> {
  await mysql.write(
    `INSERT INTO readings (user_id, article_id, read_at) VALUES (?, 0, ${DATABASE_NOW_MS})
     ON DUPLICATE KEY UPDATE read_at = GREATEST(read_at, VALUES(read_at))`,
    [userId],
  );
  const [mark] = await mysql.query<{ read_at: string }>(
    "SELECT read_at FROM readings WHERE user_id = ? AND article_id = 0",
    [userId],
  );
  for (let deleted = ROWS_AT_ONCE; deleted === ROWS_AT_ONCE; ) {
    const { affectedRows } = await mysql.write(
      `DELETE FROM readings WHERE user_id = ? AND article_id > 0 AND read_at <= ? LIMIT ${ROWS_AT_ONCE}`,
      [userId, BigInt(mark?.read_at ?? 0)],
    );
    deleted = affectedRows;
  }
}
