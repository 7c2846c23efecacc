import { readTime, type Statements } from "@headline/mysql";
import { SCHEDULED } from "../schema/index.js";
import { ARTICLE_COLUMNS, type Article, type ArticleRow, toArticle } from "./article-store.js";
import { fromStoredOrEmpty } from "./columns.js";

/** An article that is not published yet, as its author may read it. */
export interface WaitingArticle {
  readonly article: Article;
  readonly content: string;
  /** When it will be published; null while its author holds it back. */
  readonly publishAt: Date | null;
}

/** An author's own article that waits for its time, or is held back; a cover that cannot be read is none. */
export async function readWaiting(
  on: Statements,
  authorId: bigint,
  articleId: bigint,
): Promise<WaitingArticle | undefined> {
  const [row] = await on.query<ArticleRow & { content: string | null; publish_at: string | null }>(
    `SELECT ${ARTICLE_COLUMNS}, a.publish_at, c.content
       FROM articles a LEFT JOIN users u ON u.id = a.author_id LEFT JOIN article_contents c ON c.article_id = a.id
      WHERE a.id = ? AND a.author_id = ? AND a.status = ${SCHEDULED}`,
    [articleId, authorId],
  );
  if (row === undefined) return undefined;
  const publishAt = row.publish_at === null ? null : readTime(row.publish_at);
  return {
    article: toArticle({ ...row, published_at: String(readTime(row.published_at).getTime()) }, fromStoredOrEmpty),
    content: row.content ?? "",
    publishAt,
  };
}
