import { ExploreQueue } from "./explore-queue.js";
import { type Engagement, hotKey, isHot } from "./hotness.js";
import { OrderedList } from "./ordered-list.js";
import { SlotIndex } from "./slot-index.js";
import { TopList } from "./top-list.js";

/** Row of an article, as the catalogue takes it. */
export interface CatalogueRow extends Engagement {
  readonly articleId: bigint;
  readonly authorId: bigint;
  readonly channelId: number;
  readonly publishedAtMs: number;
  readonly published: boolean;
}

/** Articles of one channel, or of all of them, in the three orders that recalls walk. */
export interface ChannelIndex {
  /** By time of publishing, the newest last. */
  readonly fresh: OrderedList;
  /** Articles that many readers reacted to, by decayed engagement, the hottest first; the best HOT_MAX only. */
  readonly hot: TopList;
  /** Waiting to be shown to enough readers. */
  readonly explore: ExploreQueue;
}

/** Channel 0 recommends from all channels. */
export const ALL_CHANNELS = 0;

const HOT_MAX = 1_000;
/** A new article is explored until this many readers were served it, or until it is old. */
const EXPLORE_EXPOSURES = 30;
const EXPLORE_MAX_AGE_MS = 48 * 60 * 60 * 1_000;

/** States of a slot. */
const UNKNOWN = 0;
const LISTED = 1;
const GONE = 2;

/** Whether a slot was ever queued: 0 when not, or in the channel it stood in before. */
const QUEUED = 1;
const MOVED = 2;

/**
 * Every article that can be recommended, in this process's memory: about 120 bytes each with its places in the indexes,
 * so a million takes some 120 MB. An article has a *slot*, a small number that never changes while the process lives; all
 * that is per article lies in columns by slot, so walking an index touches no objects.
 */
export class Catalogue {
  readonly #slotOf = new SlotIndex();
  readonly #indexes = new Map<number, ChannelIndex>();
  /** Authors have small numbers, as articles have slots, and under each number an id and a list. */
  readonly #authorNumbers = new Map<bigint, number>();
  readonly #authorIds: bigint[] = [];
  readonly #byAuthor: OrderedList[] = [];

  #articleIds = new BigInt64Array(1_024);
  #authors = new Int32Array(1_024);
  #channelIds = new Int32Array(1_024);
  #publishedAtMs = new Float64Array(1_024);
  #hotKeys = new Float64Array(1_024);
  #exposures = new Uint32Array(1_024);
  #states = new Uint8Array(1_024);
  /** Whether the slot has ever been queued for exploring; once is enough, but for another channel. */
  #queued = new Uint8Array(1_024);
  #size = 0;
  #listed = 0;

  readonly #publishedAt = (slot: number) => this.publishedAtMs(slot);
  /** Key among the hot ones; that of an article with too few reactions keeps it out. */
  readonly #hotOrder = (slot: number) =>
    isHot(this.hotKey(slot), this.publishedAtMs(slot)) ? this.hotKey(slot) : Number.NEGATIVE_INFINITY;

  /** @param room Articles to allocate for at once: unused room takes no memory, and growing copies all. */
  constructor(
    private readonly now: () => number,
    room = 0,
  ) {
    this.#indexes.set(ALL_CHANNELS, this.#newIndex(ALL_CHANNELS));
    this.#grow(room);
  }

  /** Number of articles that can be recommended. */
  get listed(): number {
    return this.#listed;
  }

  /** The slot of an article, a new one for an unknown article. */
  slotOf(articleId: bigint): number {
    const known = this.#slotOf.get(articleId);
    if (known !== undefined) return known;
    const slot = this.#size;
    this.#grow(slot + 1);
    this.#articleIds[slot] = articleId;
    this.#slotOf.set(articleId, slot);
    this.#size += 1;
    return slot;
  }

  articleId(slot: number): bigint {
    return this.#articleIds[slot] as bigint;
  }

  authorId(slot: number): bigint {
    return this.#authorIds[this.author(slot)] as bigint;
  }

  /** The same, or undefined for an article whose row was never read. */
  authorIdOf(slot: number): bigint | undefined {
    return this.publishedAtMs(slot) === 0 ? undefined : this.authorId(slot);
  }

  /** The author's number: for telling authors apart, which is cheaper than comparing ids. */
  author(slot: number): number {
    return this.#authors[slot] as number;
  }

  /** An author's number, a new one for an unknown author. */
  authorNumber(authorId: bigint): number {
    const known = this.#authorNumbers.get(authorId);
    if (known !== undefined) return known;
    const author = this.#authorIds.push(authorId) - 1;
    this.#byAuthor.push(new OrderedList(this.#publishedAt));
    this.#authorNumbers.set(authorId, author);
    return author;
  }

  /** Id behind an author's number. */
  authorUnder(author: number): bigint {
    return this.#authorIds[author] as bigint;
  }

  channelId(slot: number): number {
    return this.#channelIds[slot] as number;
  }

  publishedAtMs(slot: number): number {
    return this.#publishedAtMs[slot] as number;
  }

  hotKey(slot: number): number {
    return this.#hotKeys[slot] as number;
  }

  isListed(slot: number): boolean {
    return this.#states[slot] === LISTED;
  }

  /** Known to be deleted. An unknown article is not gone: it may be older than what this catalogue holds. */
  isGone(slot: number): boolean {
    return this.#states[slot] === GONE;
  }

  /** Whether a row of the article, or its deletion, was ever read. */
  isKnown(slot: number): boolean {
    return this.#states[slot] !== UNKNOWN;
  }

  /** The index of a channel; 0 holds all articles. A channel without articles has an empty one. */
  index(channelId: number): ChannelIndex {
    return this.#indexes.get(channelId) ?? EMPTY_INDEX;
  }

  /** An author's articles by time of publishing, the newest last. */
  byAuthor(authorId: bigint): OrderedList | undefined {
    const author = this.#authorNumbers.get(authorId);
    return author === undefined ? undefined : this.#byAuthor[author];
  }

  /** Counts that a batch with these articles was served. */
  countExposures(slots: Iterable<number>): void {
    for (const slot of slots) this.#exposures[slot] = (this.#exposures[slot] as number) + 1;
  }

  /** Takes in the row of an article. */
  put(row: CatalogueRow): void {
    const slot = this.slotOf(row.articleId);
    if (this.#reweigh(slot, row)) return;
    this.#takeDown(slot);
    this.#write(slot, row);
    if (!row.published) return;
    for (const index of this.#indexesOf(slot)) {
      index.fresh.insert(slot);
      index.hot.offer(slot);
    }
    this.#articlesOf(slot).insert(slot);
    this.#queueForExploring([slot]);
  }

  /** The same for many articles, in one pass over each index. */
  putMany(rows: readonly CatalogueRow[]): void {
    const newcomers: number[] = [];
    for (const row of rows) {
      const slot = this.slotOf(row.articleId);
      if (this.#reweigh(slot, row)) continue;
      this.#takeDown(slot);
      this.#write(slot, row);
      if (row.published) newcomers.push(slot);
    }
    newcomers.sort((a, b) => this.publishedAtMs(a) - this.publishedAtMs(b));
    const byIndex = new Map<ChannelIndex, number[]>();
    const byAuthor = new Map<OrderedList, number[]>();
    for (const slot of newcomers) {
      for (const index of this.#indexesOf(slot)) append(byIndex, index, slot);
      append(byAuthor, this.#articlesOf(slot), slot);
    }
    for (const [index, slots] of byIndex) {
      index.fresh.insertMany(slots);
      for (const slot of slots.toReversed()) index.hot.offer(slot);
    }
    for (const [list, slots] of byAuthor) list.insertMany(slots);
    this.#queueForExploring(newcomers);
  }

  /** An article whose row is no more. */
  remove(articleId: bigint): void {
    const slot = this.slotOf(articleId);
    this.#takeDown(slot);
    this.#states[slot] = GONE;
  }

  /** Where nothing but the engagement has changed, only the place among the hot ones does; false where more has. */
  #reweigh(slot: number, row: CatalogueRow): boolean {
    const stands =
      row.published &&
      this.#states[slot] === LISTED &&
      this.authorId(slot) === row.authorId &&
      this.#channelIds[slot] === row.channelId &&
      this.#publishedAtMs[slot] === row.publishedAtMs;
    if (!stands) return false;
    const key = hotKey(row, row.publishedAtMs);
    if (key === this.#hotKeys[slot]) return true;
    const indexes = this.#indexesOf(slot);
    for (const index of indexes) index.hot.remove(slot, index.fresh);
    this.#hotKeys[slot] = key;
    for (const index of indexes) index.hot.offer(slot);
    return true;
  }

  #queueForExploring(slots: readonly number[]): void {
    for (const slot of slots) {
      if (this.#queued[slot] === QUEUED || !this.#needsExploring(slot)) continue;
      const indexes = this.#indexesOf(slot);
      for (const index of this.#queued[slot] === MOVED ? indexes.slice(1) : indexes) index.explore.add(slot);
      this.#queued[slot] = QUEUED;
    }
  }

  #write(slot: number, row: CatalogueRow): void {
    if (this.#queued[slot] === QUEUED && this.#channelIds[slot] !== row.channelId) this.#queued[slot] = MOVED;
    this.#authors[slot] = this.authorNumber(row.authorId);
    this.#channelIds[slot] = row.channelId;
    this.#publishedAtMs[slot] = row.publishedAtMs;
    this.#hotKeys[slot] = hotKey(row, row.publishedAtMs);
    this.#states[slot] = row.published ? LISTED : GONE;
    if (row.published) this.#listed += 1;
  }

  /** Takes an article off every index, by its old columns. Queues to explore drop it when they come to it. */
  #takeDown(slot: number): void {
    if (this.#states[slot] !== LISTED) return;
    for (const index of this.#indexesOf(slot)) {
      index.fresh.remove(slot);
      index.hot.remove(slot, index.fresh);
    }
    this.#articlesOf(slot).remove(slot);
    this.#states[slot] = UNKNOWN;
    this.#listed -= 1;
  }

  /** The index of all articles, then that of the channel. */
  #indexesOf(slot: number): ChannelIndex[] {
    const all = this.#indexes.get(ALL_CHANNELS) as ChannelIndex;
    const channelId = this.channelId(slot);
    if (channelId === ALL_CHANNELS) return [all];
    let own = this.#indexes.get(channelId);
    if (own === undefined) {
      own = this.#newIndex(channelId);
      this.#indexes.set(channelId, own);
    }
    return [all, own];
  }

  #articlesOf(slot: number): OrderedList {
    return this.#byAuthor[this.author(slot)] as OrderedList;
  }

  #newIndex(indexChannelId: number): ChannelIndex {
    const standsHere = (slot: number) =>
      this.isListed(slot) && (indexChannelId === ALL_CHANNELS || this.channelId(slot) === indexChannelId);
    return {
      fresh: new OrderedList(this.#publishedAt),
      hot: new TopList(this.#hotOrder, HOT_MAX),
      explore: new ExploreQueue((slot) => !standsHere(slot) || !this.#needsExploring(slot)),
    };
  }

  #needsExploring(slot: number): boolean {
    return (
      (this.#exposures[slot] as number) < EXPLORE_EXPOSURES &&
      this.publishedAtMs(slot) > this.now() - EXPLORE_MAX_AGE_MS
    );
  }

  #grow(size: number): void {
    if (size <= this.#states.length) return;
    const capacity = Math.max(size, this.#states.length * 2);
    this.#articleIds = copied(this.#articleIds, new BigInt64Array(capacity));
    this.#authors = copied(this.#authors, new Int32Array(capacity));
    this.#channelIds = copied(this.#channelIds, new Int32Array(capacity));
    this.#publishedAtMs = copied(this.#publishedAtMs, new Float64Array(capacity));
    this.#hotKeys = copied(this.#hotKeys, new Float64Array(capacity));
    this.#exposures = copied(this.#exposures, new Uint32Array(capacity));
    this.#states = copied(this.#states, new Uint8Array(capacity));
    this.#queued = copied(this.#queued, new Uint8Array(capacity));
  }
}

const EMPTY_INDEX: ChannelIndex = {
  fresh: new OrderedList(() => 0),
  hot: new TopList(() => 0, 0),
  explore: new ExploreQueue(() => true),
};

function copied<Column extends { set(from: Column): void }>(from: Column, to: Column): Column {
  to.set(from);
  return to;
}

function append<Key>(lists: Map<Key, number[]>, key: Key, slot: number): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [slot]);
  else list.push(slot);
}
