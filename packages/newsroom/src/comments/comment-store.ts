import { DATABASE_NOW_MS, limitOf, type Mysql, readTime, type Statements, type Transaction } from "@headline/mysql";
import type { Versioned } from "@headline/redis";
import { Refusal } from "@headline/service/errors";
import { appendChanges, type Change } from "../changes/index.js";
import { answerOnce } from "../idempotency/answer-once.js";
import { addNotification, removeNotification } from "../notifications/index.js";
import { ARTICLE_STATISTICS, type Counts, changeStatistics } from "../statistics/index.js";

export interface Comment {
  readonly commentId: bigint;
  readonly articleId: bigint;
  readonly userId: bigint;
  readonly content: string;
  readonly createdAt: Date;
}

/** Result of writing or deleting a comment; without counts for one that was written before under the same key. */
export interface Commented {
  readonly comment: Comment;
  /** The article's. */
  readonly channelId: number;
  readonly counts?: Versioned<Counts<keyof typeof ARTICLE_STATISTICS.counters>>;
  readonly changes: readonly Change[];
}

export interface NewComment {
  readonly articleId: bigint;
  readonly userId: bigint;
  readonly content: string;
  readonly idempotencyKey: string | undefined;
}

interface CommentRow {
  readonly id: string;
  readonly article_id: string;
  readonly user_id: string;
  readonly content: string;
  readonly created_at: string;
}

const COLUMNS = "id, article_id, user_id, content, created_at";

export interface CommentsPage {
  readonly articleId: bigint;
  /** The reader's id; 0 when anonymous. */
  readonly readerId: bigint;
  readonly before: bigint;
  readonly count: number;
}

/** Comments on an article, newest first, from below `before` on, without those of users whom the reader has blocked. */
export async function readComments(
  mysql: Mysql,
  { articleId, readerId, before, count }: CommentsPage,
): Promise<readonly Comment[]> {
  const rows = await mysql.query<CommentRow>(
    `SELECT ${COLUMNS} FROM comments WHERE article_id = ? AND id < ? AND NOT EXISTS
        (SELECT 1 FROM author_blocks WHERE author_blocks.user_id = ? AND author_blocks.author_id = comments.user_id)
      ORDER BY id DESC LIMIT ?`,
    [articleId, before, readerId, limitOf(count)],
  );
  return rows.map(toComment);
}

/**
 * Inserts, in one transaction, the comment, the author's notification, the article's count, and the idempotency key.
 *
 * @throws Refusal NOT_FOUND when there is no such article (any more), and what `answerOnce` throws.
 */
export function insertComment(mysql: Mysql, comment: NewComment): Promise<Commented> {
  const { articleId, userId, content, idempotencyKey: key } = comment;
  const body = { comment: content, articleId: String(articleId) };
  return mysql.transaction(async (tx) => {
    const { id, made } = await answerOnce(tx, { userId, key, body }, async () => {
      const article = await readArticle(tx, articleId);
      if (article?.status !== 1) throw new Refusal("NOT_FOUND", `article ${articleId} does not exist`);
      const { insertId } = await tx.write(
        `INSERT INTO comments (article_id, user_id, content, created_at) VALUES (?, ?, ?, ${DATABASE_NOW_MS})`,
        [articleId, userId, content],
      );
      const about = { kind: "commented", subjectId: insertId, actorId: userId } as const;
      const notified = await addNotification(tx, { userId: BigInt(article.author_id), ...about });
      return { id: insertId, article, ...(await count(tx, articleId, 1, notified)) };
    });
    const written = (await findComment(tx, id)) ?? (await readDeleted(tx, id, content));
    if (written === undefined) throw new Refusal("NOT_FOUND", `article ${articleId} has no comment ${id} any more`);
    const channelId = channelOf(made?.article ?? (await readArticle(tx, articleId)));
    return made === undefined
      ? { comment: written, channelId, changes: [] }
      : { comment: written, channelId, counts: made.counts, changes: made.changes };
  });
}

/**
 * Deletes a comment; again, within a day, changes nothing.
 *
 * @throws Refusal NOT_FOUND, or PERMISSION_DENIED to anyone but who wrote it.
 */
export function deleteComment(mysql: Mysql, articleId: bigint, commentId: bigint, userId: bigint): Promise<Commented> {
  return mysql.transaction(async (tx) => {
    const comment = await findComment(tx, commentId, { lock: "FOR UPDATE" });
    if (comment === undefined) {
      const deleted = await readDeleted(tx, commentId);
      if (deleted?.articleId !== articleId || deleted.userId !== userId) throw noComment(articleId, commentId);
      return { comment: deleted, channelId: channelOf(await readArticle(tx, articleId)), changes: [] };
    }
    if (comment.articleId !== articleId) throw noComment(articleId, commentId);
    if (comment.userId !== userId) throw new Refusal("PERMISSION_DENIED", "only who wrote a comment may delete it");
    await tx.write("DELETE FROM comments WHERE id = ?", [commentId]);
    await tx.write(
      `INSERT INTO deleted_comments (id, article_id, user_id, created_at, deleted_at) VALUES (?, ?, ?, ?, ${DATABASE_NOW_MS})`,
      [commentId, articleId, userId, comment.createdAt.getTime()],
    );
    const article = await readArticle(tx, articleId);
    if (article !== undefined)
      await removeNotification(tx, { userId: BigInt(article.author_id), kind: "commented", subjectId: commentId });
    return { comment, channelId: channelOf(article), ...(await count(tx, articleId, -1)) };
  });
}

async function findComment(
  from: Statements,
  commentId: bigint,
  { lock = "" }: { lock?: "" | "FOR UPDATE" } = {},
): Promise<Comment | undefined> {
  const [row] = await from.query<CommentRow>(`SELECT ${COLUMNS} FROM comments WHERE id = ? ${lock}`, [commentId]);
  return row && toComment(row);
}

/** A comment that was deleted within a day; its text is not kept, so a retry brings it. */
async function readDeleted(from: Statements, commentId: bigint, content = ""): Promise<Comment | undefined> {
  const [row] = await from.query<Omit<CommentRow, "content">>(
    "SELECT id, article_id, user_id, created_at FROM deleted_comments WHERE id = ?",
    [commentId],
  );
  return row && toComment({ ...row, content });
}

function noComment(articleId: bigint, commentId: bigint): Refusal {
  return new Refusal("NOT_FOUND", `article ${articleId} has no comment ${commentId}`);
}

interface ArticleRow {
  readonly status: number;
  readonly author_id: string;
  readonly channel_id: number;
}

async function readArticle(tx: Transaction, articleId: bigint): Promise<ArticleRow | undefined> {
  const [article] = await tx.query<ArticleRow>("SELECT status, author_id, channel_id FROM articles WHERE id = ?", [
    articleId,
  ]);
  return article;
}

/** 0 where the article is no more. */
function channelOf(article: ArticleRow | undefined): number {
  return article?.channel_id ?? 0;
}

async function count(tx: Transaction, articleId: bigint, by: number, notified: readonly Change[] = []) {
  const counts = await changeStatistics(tx, ARTICLE_STATISTICS, articleId, { comments: by });
  const change: Change = { topic: "article-statistics", subjectId: articleId, version: counts.version };
  const changes = [change, ...notified];
  await appendChanges(tx, ...changes);
  return { counts, changes };
}

function toComment(row: CommentRow): Comment {
  return {
    commentId: BigInt(row.id),
    articleId: BigInt(row.article_id),
    userId: BigInt(row.user_id),
    content: row.content,
    createdAt: readTime(row.created_at),
  };
}
