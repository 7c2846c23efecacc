import type { Mysql } from "@headline/mysql";
import { PUBLISHED } from "../schema/index.js";

export interface TitledArticle {
  readonly articleId: bigint;
  readonly authorId: bigint;
  readonly title: string;
}

export interface PublishedArticle {
  readonly authorId: bigint;
  readonly publishedAtMs: number;
}

/** Whether there is any article, deleted ones included. */
export async function hasArticles(mysql: Mysql): Promise<boolean> {
  return (await mysql.query("SELECT id FROM articles LIMIT 1")).length > 0;
}

/** Titles of a channel's newest articles. */
export async function newestTitles(mysql: Mysql, channelId: number, count: number): Promise<TitledArticle[]> {
  const rows = await mysql.query<{ id: string; author_id: string; title: string }>(
    `SELECT id, author_id, title FROM articles WHERE channel_id = ? AND status = ${PUBLISHED}
      ORDER BY published_at DESC LIMIT ${count}`,
    [channelId],
  );
  return rows.map((row) => ({ articleId: BigInt(row.id), authorId: BigInt(row.author_id), title: row.title }));
}

/** Authors and times of a channel's newest articles, newest first; channel 0 means all. */
export async function newestPublished(mysql: Mysql, channelId: number, count: number): Promise<PublishedArticle[]> {
  const [where, values] = inChannel(channelId);
  const rows = await mysql.query<{ author_id: string; published_at: string }>(
    `SELECT author_id, published_at FROM articles WHERE ${where} status = ${PUBLISHED}
      ORDER BY published_at DESC LIMIT ${count}`,
    values,
  );
  return rows.map((row) => ({ authorId: BigInt(row.author_id), publishedAtMs: Number(row.published_at) }));
}

/** Number of articles published after `sinceMs` by authors whom the reader has not blocked, counted up to `max`. */
export async function countPublishedSince(
  mysql: Mysql,
  { userId, channelId, sinceMs, max }: { userId: bigint; channelId: number; sinceMs: number; max: number },
): Promise<number> {
  const [where, values] = inChannel(channelId);
  const rows = await mysql.query(
    `SELECT id FROM articles WHERE ${where} status = ${PUBLISHED} AND published_at > ? AND NOT EXISTS
        (SELECT 1 FROM author_blocks b WHERE b.user_id = ? AND b.author_id = articles.author_id) LIMIT ${max}`,
    [...values, sinceMs, userId],
  );
  return rows.length;
}

function inChannel(channelId: number): [where: string, values: number[]] {
  return channelId === 0 ? ["", []] : ["channel_id = ? AND", [channelId]];
}
