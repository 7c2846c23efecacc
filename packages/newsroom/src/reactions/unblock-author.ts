import { DATABASE_NOW_MS, type Mysql, type Transaction } from "@headline/mysql";
import { appendChanges, type Change } from "../changes/index.js";

/** Result of ending a block. */
export interface Unblocked {
  readonly changes: readonly Change[];
  /** An article of the author, the newest published one if there is any: an event is about an article. */
  readonly articleId: bigint | undefined;
}

/** Ends a reader's block of an author, and appends the change. Undefined when there was none. */
export function unblockAuthor(mysql: Mysql, userId: bigint, authorId: bigint): Promise<Unblocked | undefined> {
  return mysql.transaction(async (tx) => {
    const { affectedRows } = await tx.write("DELETE FROM author_blocks WHERE user_id = ? AND author_id = ?", [
      userId,
      authorId,
    ]);
    if (affectedRows === 0) return undefined;
    const [row] = await tx.query<{ now: string }>(`SELECT ${DATABASE_NOW_MS} AS now`);
    const change: Change = { topic: "blocks", subjectId: userId, version: Number(row?.now) };
    await appendChanges(tx, change);
    return { changes: [change], articleId: await articleOf(tx, authorId) };
  });
}

/** The end of an index range: the newest article of the first status that the author has any of. */
async function articleOf(tx: Transaction, authorId: bigint): Promise<bigint | undefined> {
  const [row] = await tx.query<{ id: string | null }>(
    `SELECT MAX(id) AS id FROM articles WHERE author_id = ?
        AND status = (SELECT MIN(status) FROM articles WHERE author_id = ?)`,
    [authorId, authorId],
  );
  return row?.id ? BigInt(row.id) : undefined;
}
