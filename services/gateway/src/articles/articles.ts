import type { Mysql } from "@headline/mysql";
import {
  type Fragment,
  type Item,
  loadArticles,
  loadContents,
  NO_COUNTS,
  readFragment,
  toFragment,
  toItem,
} from "@headline/newsroom/articles";
import type { ArticleCounts } from "@headline/newsroom/statistics";
import { ARTICLE_STATISTICS, openStatistics } from "@headline/newsroom/statistics";
import { type Redis, VersionedCache } from "@headline/redis";
import type { OnUnreadable } from "@headline/service/metrics";

export type { Item };

interface Deps {
  readonly mysql: Mysql;
  readonly redis: Redis;
  readonly onRedisError: (error: unknown) => void;
  /** Receives the error of each value of MySQL or Redis that cannot be read. */
  readonly onUnreadable: OnUnreadable;
}

const LOCAL_MAX = 50_000;
const CONTENTS_LOCAL_MAX = 500;

/** Time after which joined items are joined again from caches that know when they expire. */
const JOINED_TTL_MS = 5_000;

/** Articles and their counts, hydrated from memory, Redis or MySQL: two round trips to Redis at most, none when warm. */
export class Articles {
  readonly fragments: VersionedCache<Fragment>;
  readonly contents: VersionedCache<string>;
  readonly statistics: VersionedCache<ArticleCounts>;
  /** Number of items that were made of memory alone. */
  readonly items = { reads: { local: 0, redis: 0, source: 0 } };
  /** Fragments and counts already joined, so that a warm page is one lookup an article. Emptied every few seconds. */
  readonly #joined = new Map<bigint, Item>();
  #joinedUntilMs = 0;

  constructor({ mysql, redis, onRedisError, onUnreadable: unreadable }: Deps) {
    const onUnreadable = unreadable("article");
    const onChange = (id: bigint) => void this.#joined.delete(id);
    this.fragments = new VersionedCache({
      name: "article",
      redis,
      onRedisError,
      onUnreadable,
      onChange,
      localMax: LOCAL_MAX,
      source: async (ids) => mapValues(await loadArticles(mysql, ids, onUnreadable), toFragment),
      encode: (fragment) => fragment,
      decode: readFragment,
    });
    this.contents = new VersionedCache({
      name: "article-content",
      redis,
      onRedisError,
      localMax: CONTENTS_LOCAL_MAX,
      source: (ids) => loadContents(mysql, ids),
      encode: (content) => Buffer.from(content),
      decode: (bytes) => bytes.toString(),
    });
    this.statistics = openStatistics(ARTICLE_STATISTICS, {
      mysql,
      redis,
      onRedisError,
      onUnreadable: unreadable("article-statistics"),
      onChange,
      localMax: LOCAL_MAX,
    });
  }

  /** An item for each of `ids`, undefined for one that does not exist (any more). At once when all are in memory. */
  getMany(ids: readonly bigint[]): readonly (Item | undefined)[] | Promise<readonly (Item | undefined)[]> {
    this.#expireJoined();
    const items: Item[] = [];
    for (let index = 0; index < ids.length; index += 1) {
      const id = ids[index] as bigint;
      const item = this.#joined.get(id) ?? this.#join(id);
      if (item === undefined) return this.#loadMany(ids);
      items.push(item);
    }
    this.items.reads.local += ids.length;
    return items;
  }

  /** Items in memory, however old: the fallback when Redis and MySQL fail. */
  remembered(ids: readonly bigint[]): (Item | undefined)[] {
    return ids.map((id) => {
      const fragment = this.fragments.lastKnown(id);
      return fragment && toItem(fragment, this.statistics.lastKnown(id) ?? NO_COUNTS);
    });
  }

  /** Joins what is in memory and fresh. */
  #join(id: bigint): Item | undefined {
    const fragment = this.fragments.peek(id);
    const counts = this.statistics.peek(id);
    if (fragment === undefined || counts === undefined) return undefined;
    const item = toItem(fragment, counts);
    this.#joined.set(id, item);
    return item;
  }

  #expireJoined(): void {
    const nowMs = Date.now();
    if (nowMs < this.#joinedUntilMs && this.#joined.size < LOCAL_MAX) return;
    this.#joined.clear();
    this.#joinedUntilMs = nowMs + JOINED_TTL_MS;
  }

  async #loadMany(ids: readonly bigint[]): Promise<(Item | undefined)[]> {
    const [fragments, statistics] = await Promise.all([this.fragments.getMany(ids), this.statistics.getMany(ids)]);
    return ids.map((id) => {
      const fragment = fragments.get(id);
      return fragment && toItem(fragment, statistics.get(id) ?? NO_COUNTS);
    });
  }
}

function mapValues<From, To>(
  rows: ReadonlyMap<bigint, { version: number; value: From | undefined }>,
  to: (value: From) => To,
): Map<bigint, { version: number; value: To | undefined }> {
  return new Map(
    [...rows].map(([id, { version, value }]) => [id, { version, value: value === undefined ? undefined : to(value) }]),
  );
}
