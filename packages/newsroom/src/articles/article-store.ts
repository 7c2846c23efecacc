import { idList, limitOf, type Mysql, WANTED_IDS } from "@headline/mysql";
import type { Versioned } from "@headline/redis";
import { PUBLISHED } from "../schema/index.js";
import { fromStored, type WrittenFields, type WrittenRow, writtenColumns } from "./columns.js";

/** An article as lists show it, without its counts. */
export interface Article extends WrittenFields {
  readonly articleId: bigint;
  readonly authorId: bigint;
  readonly authorName: string;
  readonly publishedAt: Date;
}

export interface ArticleRow extends WrittenRow {
  readonly id: string;
  readonly author_id: string;
  readonly author_name: string | null;
  readonly status: number;
  readonly version: string;
  readonly published_at: string;
}

/** Columns of an `ArticleRow`, of `articles a` and `users u`. */
export const ARTICLE_COLUMNS = `a.id, a.author_id, u.name AS author_name, ${writtenColumns("a")}, a.status, a.version, a.published_at`;

/**
 * Articles by id in one statement. A deleted article has a version and no value, so that caches drop older copies; one that
 * cannot be read is reported and treated alike.
 */
export async function loadArticles(
  mysql: Mysql,
  ids: readonly bigint[],
  onUnreadable: (error: Error) => void,
): Promise<Map<bigint, Versioned<Article>>> {
  const rows = await mysql.query<ArticleRow>(
    `SELECT ${ARTICLE_COLUMNS}
       FROM ${WANTED_IDS} STRAIGHT_JOIN articles a ON a.id = want.id LEFT JOIN users u ON u.id = a.author_id`,
    [idList(ids)],
  );
  return new Map(
    rows.map((row) => [
      BigInt(row.id),
      {
        version: Number(row.version),
        value: row.status === PUBLISHED ? readableArticle(row, onUnreadable) : undefined,
      },
    ]),
  );
}

/** The contents of articles, under the version of the article. */
export async function loadContents(mysql: Mysql, ids: readonly bigint[]): Promise<Map<bigint, Versioned<string>>> {
  const rows = await mysql.query<{ id: string; version: string; status: number; content: string | null }>(
    `SELECT a.id, a.version, a.status, c.content
       FROM ${WANTED_IDS} STRAIGHT_JOIN articles a ON a.id = want.id
       LEFT JOIN article_contents c ON c.article_id = a.id`,
    [idList(ids)],
  );
  return new Map(
    rows.map((row) => [
      BigInt(row.id),
      { version: Number(row.version), value: row.status === PUBLISHED ? (row.content ?? "") : undefined },
    ]),
  );
}

/** Ids of a channel's newest articles, channel 0 meaning all: an index range, whatever the number of articles. */
export async function newestArticleIds(mysql: Mysql, channelId: number, count: number): Promise<bigint[]> {
  const [where, values] = channelId === 0 ? ["", []] : ["channel_id = ? AND", [channelId]];
  const rows = await mysql.query<{ id: string }>(
    `SELECT id FROM articles WHERE ${where} status = ${PUBLISHED} ORDER BY published_at DESC LIMIT ?`,
    [...values, limitOf(count)],
  );
  return rows.map((row) => BigInt(row.id));
}

/** An author's articles, newest first, from below `before` on. */
export async function articleIdsByAuthor(
  mysql: Mysql,
  authorId: bigint,
  before: bigint,
  count: number,
): Promise<bigint[]> {
  const rows = await mysql.query<{ id: string }>(
    `SELECT id FROM articles WHERE author_id = ? AND status = ${PUBLISHED} AND id < ? ORDER BY id DESC LIMIT ?`,
    [authorId, before, limitOf(count)],
  );
  return rows.map((row) => BigInt(row.id));
}

/** The author of an article of any status, or undefined. */
export async function authorOf(mysql: Mysql, articleId: bigint): Promise<bigint | undefined> {
  const [row] = await mysql.query<{ author_id: string }>("SELECT author_id FROM articles WHERE id = ?", [articleId]);
  return row && BigInt(row.author_id);
}

function readableArticle(row: ArticleRow, onUnreadable: (error: Error) => void): Article | undefined {
  try {
    return toArticle(row);
  } catch (cause) {
    onUnreadable(new Error(`article ${row.id} cannot be read`, { cause }));
    return undefined;
  }
}

/** @param read fields of the row: `fromStored`, or `fromStoredOrEmpty` for its author. */
export function toArticle(row: ArticleRow, read: (row: WrittenRow) => WrittenFields = fromStored): Article {
  return {
    ...read(row),
    articleId: BigInt(row.id),
    authorId: BigInt(row.author_id),
    authorName: row.author_name ?? "",
    publishedAt: readTime(row.published_at),
  };
}

/** @throws RangeError for milliseconds that no date has. */
function readTime(ms: string): Date {
  const time = new Date(Number(ms));
  if (Number.isNaN(time.getTime())) throw new RangeError(`${ms} is no time`);
  return time;
}
