import { limitOf, type Mysql } from "@headline/mysql";
import { PUBLISHED, SCHEDULED } from "../schema/index.js";
import { fromStoredOrEmpty, type WrittenFields, type WrittenRow, writtenColumns } from "./columns.js";

/** An author's own article. */
export interface OwnArticle extends WrittenFields {
  readonly articleId: bigint;
  readonly isScheduled: boolean;
  /** When it will be published; undefined once it is, and while its author holds it back. */
  readonly publishAtMs: number | undefined;
  readonly publishedAtMs: number;
}

interface OwnRow extends WrittenRow {
  readonly id: string;
  readonly status: number;
  readonly publish_at: string | null;
  readonly published_at: string;
}

/** An author's articles, scheduled ones included, newest first, from below `before` on. */
export async function readOwnArticles(
  mysql: Mysql,
  authorId: bigint,
  before: bigint,
  count: number,
): Promise<OwnArticle[]> {
  const rows = await mysql.query<OwnRow>(
    `SELECT a.id, ${writtenColumns("a")}, a.status, a.publish_at, a.published_at FROM articles a
      WHERE a.author_id = ? AND a.status IN (${PUBLISHED}, ${SCHEDULED}) AND a.id < ? ORDER BY a.id DESC LIMIT ?`,
    [authorId, before, limitOf(count)],
  );
  return rows.map((row) => ({
    ...fromStoredOrEmpty(row),
    articleId: BigInt(row.id),
    isScheduled: row.status === SCHEDULED,
    publishAtMs: row.publish_at === null ? undefined : Number(row.publish_at),
    publishedAtMs: Number(row.published_at),
  }));
}
