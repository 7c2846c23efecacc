import { type ArticleIds, CoVisitTable } from "./co-visit-table.js";
import { LastReads } from "./last-reads.js";
import { LruRows, NONE } from "./lru-rows.js";
import { joined, restoreParts, snapshotParts } from "./snapshot-bytes.js";

/** An article that was read by the same readers, and how much so: from 0 to 1. */
export interface Neighbour {
  readonly slot: number;
  readonly strength: number;
}

interface Bounds {
  readonly articlesMax?: number;
  readonly readersMax?: number;
}

const ARTICLES_MAX = 100_000;
const READERS_MAX = 200_000;
/** "COV1": grows when a snapshot of before cannot be read any more. */
const SNAPSHOT = 0x434f5631;
/** Of two articles read this far apart, each says half as much of the other. */
const GAP_HALF_LIFE_S = 24 * 3_600;
/** Shared readers that it takes for an article without others to be believed a third. */
const DOUBT = 2;

/** Articles read lately by the same readers: some 320 bytes for each of the articles read last, 270 for each of the readers. */
export class CoVisits {
  readonly #ids: ArticleIds;
  readonly #articles: LruRows<number>;
  readonly #table: CoVisitTable;
  readonly #readers: LruRows<bigint>;
  readonly #reads: LastReads;

  constructor(ids: ArticleIds, { articlesMax = ARTICLES_MAX, readersMax = READERS_MAX }: Bounds = {}) {
    this.#ids = ids;
    this.#articles = new LruRows(articlesMax);
    this.#table = new CoVisitTable(articlesMax);
    this.#readers = new LruRows(readersMax);
    this.#reads = new LastReads(readersMax);
  }

  /** Number of articles that have neighbours or could have. */
  get size(): number {
    return this.#articles.size;
  }

  /** A reader read an article: it and what they read last become neighbours. Reading it again says nothing new. */
  learn(userId: bigint, slot: number, atMs: number): void {
    const second = Math.floor(atMs / 1_000);
    const reader = this.#readers.use(userId, (fresh) => this.#reads.clear(fresh));
    if (!this.#reads.add(reader, slot, second)) return;
    const row = this.#articles.use(slot, (fresh) => this.#table.clear(fresh));
    this.#table.countVisit(row, second);
    for (let age = 1; age < this.#reads.size(reader); age += 1) {
      const before = this.#reads.slot(reader, age);
      const amount = 2 ** (-Math.abs(second - this.#reads.second(reader, age)) / GAP_HALF_LIFE_S);
      this.#table.draw(row, before, amount, second);
      const rowBefore = this.#articles.find(before);
      if (rowBefore !== NONE) this.#table.draw(rowBefore, slot, amount, second);
    }
  }

  /** Last reads of a reader, the newest first. */
  lastReads(userId: bigint): number[] {
    const reader = this.#readers.find(userId);
    if (reader === NONE) return [];
    return Array.from({ length: this.#reads.size(reader) }, (_, age) => this.#reads.slot(reader, age));
  }

  /** Articles that readers of this one read as well, the closest first: shared readers by those of both, so that an article that all read is close to none. */
  neighbours(slot: number, nowMs: number): Neighbour[] {
    const found: Neighbour[] = [];
    this.eachNeighbour(slot, nowMs, (neighbour, strength) => found.push({ slot: neighbour, strength }));
    return found.sort((a, b) => b.strength - a.strength || b.slot - a.slot);
  }

  /** Visits the neighbours of an article, unordered. */
  eachNeighbour(slot: number, nowMs: number, visit: (slot: number, strength: number) => void): void {
    const row = this.#articles.find(slot);
    if (row === NONE) return;
    const second = Math.floor(nowMs / 1_000);
    const visits = this.#table.visits(row, second);
    this.#table.each(row, second, (neighbour, weight) => {
      const own = this.#articles.find(neighbour);
      const theirs = own === NONE ? 0 : this.#table.visits(own, second);
      visit(neighbour, weight / (Math.sqrt(visits * Math.max(theirs, weight)) + DOUBT));
    });
  }

  snapshot(): Uint8Array {
    return joined(this.snapshotParts());
  }

  /** The same in parts to be joined, each of a few milliseconds; what is learned in between is in it or not. */
  snapshotParts(): Generator<Uint8Array> {
    return snapshotParts(SNAPSHOT, [
      {
        rows: this.#articles.oldestFirst(),
        write: (writer, row) => {
          writer.id(this.#ids.articleId(this.#articles.keyOf(row)));
          this.#table.write(writer, row, this.#ids);
        },
      },
      {
        rows: this.#readers.oldestFirst(),
        write: (writer, row) => {
          writer.id(this.#readers.keyOf(row));
          this.#reads.write(writer, row, this.#ids);
        },
      },
    ]);
  }

  /** Restores a snapshot. @throws UnreadableSnapshot, and is empty then. */
  restore(bytes: Uint8Array): void {
    for (const _part of this.restoreParts(bytes));
  }

  /** The same in steps of a few milliseconds. Nothing may be learned in between. */
  *restoreParts(bytes: Uint8Array): Generator<void> {
    this.#clear();
    try {
      yield* restoreParts(bytes, SNAPSHOT, [
        (reader) => {
          const row = this.#articles.use(this.#ids.slotOf(reader.id()), (fresh) => this.#table.clear(fresh));
          this.#table.read(reader, row, this.#ids);
        },
        (reader) => {
          const row = this.#readers.use(reader.id(), (fresh) => this.#reads.clear(fresh));
          this.#reads.read(reader, row, this.#ids);
        },
      ]);
    } catch (error) {
      this.#clear();
      throw error;
    }
  }

  #clear(): void {
    this.#articles.clear();
    this.#readers.clear();
  }
}
