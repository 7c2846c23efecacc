import type { Transaction } from "@headline/mysql";

export interface LockedArticle {
  readonly authorId: bigint;
  readonly status: number;
}

/**
 * Reads the article of an order and keeps it from being deleted meanwhile. Articles are locked before their orders, as their
 * deletion does: of a payment and a deletion at once, each sees the other or comes first.
 */
export async function lockArticle(tx: Transaction, articleId: bigint): Promise<LockedArticle | undefined> {
  const [row] = await tx.query<{ author_id: string; status: number }>(
    "SELECT author_id, status FROM articles WHERE id = ? LOCK IN SHARE MODE",
    [articleId],
  );
  return row && { authorId: BigInt(row.author_id), status: row.status };
}
