import type { Mysql } from "@headline/mysql";
import { type Redis, VersionedCache } from "@headline/redis";
import { ARTICLE_STATISTICS, type Counts, openStatistics } from "@headline/statistics";
import { loadArticles, loadContents } from "./article-store.js";
import { type Fragment, toFragment } from "./fragment.js";

/** What lists show of one article, ready to be copied into a page. */
export interface Item {
  readonly fragment: Fragment;
  /** `,"comment_count":1,"like_count":2,"collect_count":3` */
  readonly counts: Buffer;
}

interface Parts {
  readonly mysql: Mysql;
  readonly redis: Redis;
  readonly onRedisError: (error: unknown) => void;
}

const LOCAL_MAX = 50_000;
const CONTENTS_LOCAL_MAX = 500;

/** Articles and their counts, hydrated from memory, Redis or MySQL: two round trips to Redis at most, none when warm. */
export class Articles {
  readonly fragments: VersionedCache<Fragment>;
  readonly contents: VersionedCache<string>;
  readonly statistics: VersionedCache<Counts<"comments" | "likes" | "collects">>;
  /** The counts as bytes, made once per value of the statistics. */
  readonly #countBytes = new WeakMap<object, Buffer>();

  constructor({ mysql, redis, onRedisError }: Parts) {
    this.fragments = new VersionedCache({
      name: "article",
      redis,
      onRedisError,
      localMax: LOCAL_MAX,
      source: async (ids) => mapValues(await loadArticles(mysql, ids), toFragment),
      encode: (fragment) => fragment,
      decode: (bytes) => Buffer.from(bytes),
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
    this.statistics = openStatistics(ARTICLE_STATISTICS, { mysql, redis, onRedisError, localMax: LOCAL_MAX });
  }

  /** What exists of `ids`; a deleted article is simply not there. At once when all is in memory. */
  getMany(ids: readonly bigint[]): ReadonlyMap<bigint, Item> | Promise<ReadonlyMap<bigint, Item>> {
    return this.#peekMany(ids) ?? this.#loadMany(ids);
  }

  /** Drops what this process knows of the article up to `version`, and tells Redis. */
  async markStale(articleId: bigint, version: number): Promise<void> {
    await Promise.all([this.fragments.markStale(articleId, version), this.contents.markStale(articleId, version)]);
  }

  /** The same for this process alone. */
  markStaleHere(articleId: bigint, version: number): void {
    this.fragments.markStaleHere(articleId, version);
    this.contents.markStaleHere(articleId, version);
  }

  #peekMany(ids: readonly bigint[]): Map<bigint, Item> | undefined {
    const items = new Map<bigint, Item>();
    for (const id of ids) {
      const fragment = this.fragments.peek(id);
      const counts = this.statistics.peek(id);
      if (fragment === undefined || counts === undefined) return undefined;
      items.set(id, { fragment, counts: this.#bytesOf(counts) });
    }
    return items;
  }

  async #loadMany(ids: readonly bigint[]): Promise<Map<bigint, Item>> {
    const [fragments, statistics] = await Promise.all([this.fragments.getMany(ids), this.statistics.getMany(ids)]);
    const items = new Map<bigint, Item>();
    for (const [id, fragment] of fragments) {
      items.set(id, { fragment, counts: this.#bytesOf(statistics.get(id) ?? NO_COUNTS) });
    }
    return items;
  }

  #bytesOf(counts: Counts<"comments" | "likes" | "collects">): Buffer {
    let bytes = this.#countBytes.get(counts);
    if (bytes === undefined) {
      const { comments, likes, collects } = counts;
      bytes = Buffer.from(`,"comment_count":${comments},"like_count":${likes},"collect_count":${collects}`);
      this.#countBytes.set(counts, bytes);
    }
    return bytes;
  }
}

const NO_COUNTS: Counts<"comments" | "likes" | "collects"> = { comments: 0, likes: 0, collects: 0 };

function mapValues<From, To>(
  rows: ReadonlyMap<bigint, { version: number; value: From | undefined }>,
  to: (value: From) => To,
): Map<bigint, { version: number; value: To | undefined }> {
  return new Map(
    [...rows].map(([id, { version, value }]) => [id, { version, value: value === undefined ? undefined : to(value) }]),
  );
}
