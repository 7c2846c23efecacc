import { ALL_CHANNELS } from "../catalogue/catalogue.js";
import { OrderedList } from "../catalogue/ordered-list.js";
import type { ArticleIds } from "./co-visit-table.js";
import { LruRows } from "./lru-rows.js";
import { joined, restoreParts, type SnapshotReader, type SnapshotWriter, snapshotParts } from "./snapshot-bytes.js";

/** Clicked articles, the most clicked first. */
export interface ClickOrder {
  readonly size: number;
  at(rank: number): number;
}

interface Bounds {
  readonly articlesMax?: number;
  /** Articles in each order. */
  readonly orderedMax?: number;
}

const MINUTE_MS = 60_000;
/** Half-lives of clicks, each with an order of its own. */
export const CLICK_HALF_LIVES_MS = [30 * MINUTE_MS, 2 * 60 * MINUTE_MS] as const;

const ARTICLES_MAX = 100_000;
const ORDERED_MAX = 500;
/** "CLK1": grows when a snapshot of before cannot be read any more. */
const SNAPSHOT = 0x434c4b31;
const NEVER = Number.NEGATIVE_INFINITY;
const NO_ORDERS: readonly ClickOrder[] = CLICK_HALF_LIVES_MS.map(() => ({ size: 0, at: () => -1 }));

/**
 * Articles in the order of their clicks, halved with every half-life. The key of an article is the logarithm of the sum of
 * 2^(time of click ÷ half-life): time passes for all alike, so a key and a place change with a click only. Some 80 bytes an article.
 */
export class ClickedLately {
  readonly #ids: ArticleIds;
  readonly #rows: LruRows<number>;
  /** One column for each half-life. */
  readonly #keys: readonly Float64Array[];
  readonly #channels: Int32Array;
  readonly #orders = new Map<number, readonly Order[]>();
  readonly #orderedMax: number;

  constructor(ids: ArticleIds, { articlesMax = ARTICLES_MAX, orderedMax = ORDERED_MAX }: Bounds = {}) {
    this.#ids = ids;
    this.#rows = new LruRows(articlesMax);
    this.#keys = CLICK_HALF_LIVES_MS.map(() => new Float64Array(articlesMax).fill(NEVER));
    this.#channels = new Int32Array(articlesMax);
    this.#orderedMax = orderedMax;
  }

  /** Number of articles with a key. */
  get size(): number {
    return this.#rows.size;
  }

  learn(slot: number, channelId: number, atMs: number): void {
    const row = this.#rows.use(slot, (fresh) => this.#clear(fresh));
    this.#rekey(row, channelId, (key, halfLifeMs) => added(key, atMs / halfLifeMs));
  }

  /** The orders of a channel, one for each half-life; channel 0 has all articles. */
  ordersOf(channelId: number): readonly ClickOrder[] {
    return this.#orders.get(channelId) ?? NO_ORDERS;
  }

  snapshot(): Uint8Array {
    return joined(this.snapshotParts());
  }

  /** The same in parts to be joined, each of a few milliseconds. */
  snapshotParts(): Generator<Uint8Array> {
    return snapshotParts(SNAPSHOT, [
      { rows: this.#rows.oldestFirst(), write: (writer, row) => this.#write(writer, row) },
    ]);
  }

  /** Restores a snapshot. @throws UnreadableSnapshot, and is empty then. */
  restore(bytes: Uint8Array): void {
    for (const _part of this.restoreParts(bytes));
  }

  /** The same in steps of a few milliseconds. Nothing may be learned in between. */
  *restoreParts(bytes: Uint8Array): Generator<void> {
    this.#clearAll();
    try {
      yield* restoreParts(bytes, SNAPSHOT, [(reader) => this.#read(reader)]);
    } catch (error) {
      this.#clearAll();
      throw error;
    }
  }

  #write(writer: SnapshotWriter, row: number): void {
    writer.id(this.#ids.articleId(this.#rows.keyOf(row)));
    writer.int(this.#channels[row]!);
    for (const keys of this.#keys) writer.double(keys[row]!);
  }

  #read(reader: SnapshotReader): void {
    const row = this.#rows.use(this.#ids.slotOf(reader.id()), (fresh) => this.#clear(fresh));
    const channelId = reader.int();
    this.#rekey(row, channelId, () => reader.double());
  }

  #rekey(row: number, channelId: number, next: (key: number, halfLifeMs: number) => number): void {
    this.#takeOut(row);
    this.#channels[row] = channelId;
    for (const [at, halfLifeMs] of CLICK_HALF_LIVES_MS.entries()) {
      const keys = this.#keys[at]!;
      keys[row] = next(keys[row]!, halfLifeMs);
    }
    for (const orders of this.#ordersWith(row)) for (const order of orders) order.offer(row);
  }

  #takeOut(row: number): void {
    for (const orders of this.#ordersWith(row)) for (const order of orders) order.remove(row);
  }

  #clear(row: number): void {
    if (this.#keys[0]![row] !== NEVER) this.#takeOut(row);
    for (const keys of this.#keys) keys[row] = NEVER;
  }

  #clearAll(): void {
    this.#rows.clear();
    this.#orders.clear();
    for (const keys of this.#keys) keys.fill(NEVER);
  }

  /** The orders of all articles, then those of the article's channel. */
  #ordersWith(row: number): (readonly Order[])[] {
    const channelId = this.#channels[row]!;
    const all = this.#reached(ALL_CHANNELS);
    return channelId === ALL_CHANNELS ? [all] : [all, this.#reached(channelId)];
  }

  #reached(channelId: number): readonly Order[] {
    const known = this.#orders.get(channelId);
    if (known !== undefined) return known;
    const slotOf = (row: number) => this.#rows.keyOf(row);
    const orders = this.#keys.map((keys) => new Order(keys, slotOf, this.#orderedMax));
    this.#orders.set(channelId, orders);
    return orders;
  }
}

/** The rows with the highest keys. A key only grows, and its row is offered then: so nothing that was left out is missed. */
class Order implements ClickOrder {
  readonly #list: OrderedList;
  readonly #keys: Float64Array;
  readonly #slotOf: (row: number) => number;
  readonly #max: number;

  constructor(keys: Float64Array, slotOf: (row: number) => number, max: number) {
    this.#list = new OrderedList((row) => keys[row]!);
    this.#keys = keys;
    this.#slotOf = slotOf;
    this.#max = max;
  }

  get size(): number {
    return this.#list.size;
  }

  /** The slot at a rank, 0 being the most clicked. */
  at(rank: number): number {
    return this.#slotOf(this.#list.at(this.#list.size - 1 - rank));
  }

  offer(row: number): void {
    if (this.#list.size >= this.#max) {
      if (this.#keys[row]! <= this.#keys[this.#list.at(0)]!) return;
      this.#list.remove(this.#list.at(0));
    }
    this.#list.insert(row);
  }

  remove(row: number): void {
    this.#list.remove(row);
  }
}

/** log2(2^key + 2^more), whatever their size. */
function added(key: number, more: number): number {
  const [high, low] = key > more ? [key, more] : [more, key];
  return high + Math.log2(1 + 2 ** (low - high));
}
