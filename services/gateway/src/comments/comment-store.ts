import { appendChanges, type Change, DATABASE_NOW_MS } from "@headline/change-feed";
import { Refusal } from "@headline/errors";
import type { Mysql } from "@headline/mysql";
import type { Versioned } from "@headline/redis";
import { ARTICLE_STATISTICS, type Counts, changeStatistics } from "@headline/statistics";

export interface Comment {
  readonly commentId: bigint;
  readonly articleId: bigint;
  readonly userId: bigint;
  readonly content: string;
  readonly createdAt: Date;
}

/** What a comment, or its end, did to the article's counts. */
export interface Commented {
  readonly comment: Comment;
  readonly counts: Versioned<Counts<keyof typeof ARTICLE_STATISTICS.counters>>;
  readonly changes: readonly Change[];
}

interface CommentRow {
  readonly id: string;
  readonly article_id: string;
  readonly user_id: string;
  readonly content: string;
  readonly created_at: string;
}

const COLUMNS = "id, article_id, user_id, content, created_at";

/** Comments on an article, newest first, from below `before` on. */
export async function readComments(
  mysql: Mysql,
  articleId: bigint,
  before: bigint,
  count: number,
): Promise<readonly Comment[]> {
  const rows = await mysql.query<CommentRow>(
    `SELECT ${COLUMNS} FROM comments WHERE article_id = ? AND id < ? ORDER BY id DESC LIMIT ${count}`,
    [articleId, before],
  );
  return rows.map(toComment);
}

/** One transaction: the comment and the article's count. @throws Refusal NOT_FOUND when there is no such article (any more). */
export function insertComment(mysql: Mysql, articleId: bigint, userId: bigint, content: string): Promise<Commented> {
  return mysql.transaction(async (tx) => {
    const [article] = await tx.query<{ status: number }>("SELECT status FROM articles WHERE id = ?", [articleId]);
    if (article?.status !== 1) throw new Refusal("NOT_FOUND", `article ${articleId} does not exist`);
    const { insertId } = await tx.write(
      `INSERT INTO comments (article_id, user_id, content, created_at) VALUES (?, ?, ?, ${DATABASE_NOW_MS})`,
      [articleId, userId, content],
    );
    const [row] = await tx.query<CommentRow>(`SELECT ${COLUMNS} FROM comments WHERE id = ?`, [insertId]);
    if (row === undefined) throw new Error("a comment is gone right after it was written");
    return { comment: toComment(row), ...(await count(tx, articleId, 1)) };
  });
}

/** @throws Refusal NOT_FOUND, or PERMISSION_DENIED to anyone but who wrote it. */
export function deleteComment(mysql: Mysql, articleId: bigint, commentId: bigint, userId: bigint): Promise<Commented> {
  return mysql.transaction(async (tx) => {
    const [row] = await tx.query<CommentRow>(`SELECT ${COLUMNS} FROM comments WHERE id = ? FOR UPDATE`, [commentId]);
    if (row === undefined || BigInt(row.article_id) !== articleId)
      throw new Refusal("NOT_FOUND", `article ${articleId} has no comment ${commentId}`);
    if (BigInt(row.user_id) !== userId)
      throw new Refusal("PERMISSION_DENIED", "only who wrote a comment may delete it");
    await tx.write("DELETE FROM comments WHERE id = ?", [commentId]);
    return { comment: toComment(row), ...(await count(tx, articleId, -1)) };
  });
}

async function count(tx: Parameters<typeof appendChanges>[0], articleId: bigint, by: number) {
  const counts = await changeStatistics(tx, ARTICLE_STATISTICS, articleId, { comments: by });
  const change = { topic: "article-statistics", subjectId: articleId, version: counts.version };
  await appendChanges(tx, change);
  return { counts, changes: [change] };
}

function toComment(row: CommentRow): Comment {
  return {
    commentId: BigInt(row.id),
    articleId: BigInt(row.article_id),
    userId: BigInt(row.user_id),
    content: row.content,
    createdAt: new Date(Number(row.created_at)),
  };
}
