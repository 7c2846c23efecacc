import type { Mysql } from "@headline/mysql";
import { countPublishedSince } from "@headline/newsroom/articles";

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
  return ({ since, ...query }) => countPublishedSince(mysql, { ...query, sinceMs: since, max: COUNT_MAX });
}
