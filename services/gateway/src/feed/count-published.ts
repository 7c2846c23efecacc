import type { Mysql } from "@headline/mysql";
import { PUBLISHED } from "@headline/newsroom/articles";

export interface PublishedQuery {
  readonly userId: bigint;
  readonly channelId: number;
  /** ms since the epoch. */
  readonly since: number;
}

const COUNT_MAX = 100;

export type CountPublished = (query: PublishedQuery) => Promise<number>;

/** Counts articles of a channel published since a moment, up to 100, without those of authors whom the reader has blocked. */
export function publishedCounter(mysql: Mysql): CountPublished {
  return async ({ userId, channelId, since }) => {
    const [where, values] = channelId === 0 ? ["", []] : ["channel_id = ? AND", [channelId]];
    const rows = await mysql.query(
      `SELECT id FROM articles WHERE ${where} status = ${PUBLISHED} AND published_at > ? AND NOT EXISTS
          (SELECT 1 FROM author_blocks b WHERE b.user_id = ? AND b.author_id = articles.author_id) LIMIT ${COUNT_MAX}`,
      [...values, since, userId],
    );
    return rows.length;
  };
}
