import { idList, limitOf, type Mysql, WANTED_IDS } from "@headline/mysql";
import type { Versioned } from "@headline/redis";

export const PUBLISHED = 1;
export const DELETED = 2;
/** Written, and waiting for its time. */
export const SCHEDULED = 3;

/** An article as lists show it, without what changes by itself: counts, and where it stands. */
export interface Article {
  readonly articleId: bigint;
  readonly title: string;
  readonly authorId: bigint;
  readonly authorName: string;
  readonly channelId: number;
  readonly publishedAt: Date;
  readonly cover: readonly string[];
}

export interface ArticleRow {
  readonly id: string;
  readonly author_id: string;
  readonly author_name: string | null;
  readonly channel_id: number;
  readonly title: string;
  readonly cover: string;
  readonly status: number;
  readonly version: string;
  readonly published_at: string;
}

/** Throws for what is no JSON array of texts. */
export function readCover(text: string): string[] {
  const cover: unknown = JSON.parse(text);
  if (!Array.isArray(cover) || !cover.every((url) => typeof url === "string"))
    throw new TypeError("a cover is an array of URLs");
  return cover;
}

/** The cover, or none where it cannot be read: its author is shown the article all the same, and can give it another. */
export function coverOrNone(text: string): string[] {
  try {
    return readCover(text);
  } catch {
    return [];
  }
}

/** Articles by id in one statement; one that cannot be read is reported, and is shown as little as a deleted one. A deleted one has a version and no value, so that nobody takes an older copy for true. */
export async function loadArticles(
  mysql: Mysql,
  ids: readonly bigint[],
  onUnreadable: (error: Error) => void,
): Promise<Map<bigint, Versioned<Article>>> {
  const rows = await mysql.query<ArticleRow>(
    `SELECT a.id, a.author_id, u.name AS author_name, a.channel_id, a.title, a.cover, a.status, a.version, a.published_at
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

function readableArticle(row: ArticleRow, onUnreadable: (error: Error) => void): Article | undefined {
  try {
    return toArticle(row);
  } catch (cause) {
    onUnreadable(new Error(`article ${row.id} cannot be read`, { cause }));
    return undefined;
  }
}

export function toArticle(row: ArticleRow): Article {
  return {
    articleId: BigInt(row.id),
    title: row.title,
    authorId: BigInt(row.author_id),
    authorName: row.author_name ?? "",
    channelId: row.channel_id,
    publishedAt: readTime(row.published_at),
    cover: readCover(row.cover),
  };
}

/** @throws RangeError for milliseconds that no date has. */
function readTime(ms: string): Date {
  const time = new Date(Number(ms));
  if (Number.isNaN(time.getTime())) throw new RangeError(`${ms} is no time`);
  return time;
}
