import type { Mysql } from "@headline/mysql";
import { newestTitles } from "@headline/newsroom/articles";
import { LRUCache } from "lru-cache";

interface Titled {
  readonly id: bigint;
  readonly authorId: bigint;
  readonly pairs: ReadonlySet<string>;
}

interface Likeness {
  readonly articleId: bigint;
  readonly channelId: number;
  readonly title: string;
  /** Authors whom the reader has blocked. */
  readonly notBy: ReadonlySet<bigint>;
}

/** Number of a channel's newest articles that are compared. */
const CANDIDATES = 300;
const SIMILAR_MAX = 5;
const CHANNELS_TTL_MS = 10_000;

/**
 * Articles with titles alike: of the channel's newest, those that share the most pairs of neighbouring characters with this title
 * (Dice's coefficient, https://doi.org/10.2307/1932409), which needs no words and so fits Chinese and English alike. Where none is
 * alike, they are the channel's newest.
 */
export function createSimilar(mysql: Mysql) {
  const newest = new LRUCache<number, readonly Titled[]>({
    max: 200,
    ttl: CHANNELS_TTL_MS,
    fetchMethod: async (channelId) => {
      const articles = await newestTitles(mysql, channelId, CANDIDATES);
      return articles.map(({ articleId, authorId, title }) => ({ id: articleId, authorId, pairs: pairsOf(title) }));
    },
  });

  return async ({ articleId, channelId, title, notBy }: Likeness): Promise<readonly bigint[]> => {
    const pairs = pairsOf(title);
    return ((await newest.fetch(channelId)) ?? [])
      .filter(({ id, authorId }) => id !== articleId && !notBy.has(authorId))
      .map(({ id, pairs: others }) => ({ id, likeness: dice(pairs, others) }))
      .sort((a, b) => b.likeness - a.likeness)
      .slice(0, SIMILAR_MAX)
      .map(({ id }) => id);
  };
}

export type Similar = ReturnType<typeof createSimilar>;

/** Pairs of neighbouring letters, digits and ideographs, whatever stands between them. */
export function pairsOf(title: string): Set<string> {
  const letters = title.toLowerCase().match(/[\p{L}\p{N}]/gu) ?? [];
  return new Set(letters.slice(1).map((letter, index) => `${letters[index]}${letter}`));
}

export function dice(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  let shared = 0;
  for (const pair of a) if (b.has(pair)) shared += 1;
  return a.size + b.size === 0 ? 0 : (2 * shared) / (a.size + b.size);
}
