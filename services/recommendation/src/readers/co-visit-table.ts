import type { SnapshotReader, SnapshotWriter } from "./snapshot-bytes.js";

/** Most neighbours of an article. */
export const NEIGHBOURS = 32;

const HALF_LIFE_S = 3 * 24 * 3_600;

/** Ids behind slots: slots are this process's own, so snapshots hold ids. */
export interface ArticleIds {
  articleId(slot: number): bigint;
  slotOf(articleId: bigint): number;
}

/** Rows of how often an article was read, and which others by the same readers, halved every three days. */
export class CoVisitTable {
  readonly #slots: Int32Array;
  readonly #weights: Float32Array;
  readonly #sizes: Uint8Array;
  readonly #visits: Float32Array;
  /** Time of the weights of a row. */
  readonly #seconds: Uint32Array;

  constructor(rows: number) {
    this.#slots = new Int32Array(rows * NEIGHBOURS);
    this.#weights = new Float32Array(rows * NEIGHBOURS);
    this.#sizes = new Uint8Array(rows);
    this.#visits = new Float32Array(rows);
    this.#seconds = new Uint32Array(rows);
  }

  clear(row: number): void {
    this.#sizes[row] = 0;
    this.#visits[row] = 0;
    this.#seconds[row] = 0;
  }

  visits(row: number, second: number): number {
    return this.#visits[row]! * this.#factor(row, second);
  }

  countVisit(row: number, second: number): void {
    this.#visits[row]! += this.#weightAt(row, second);
  }

  /** Draws a row towards another article; in a full row the lightest gives way. */
  draw(row: number, slot: number, amount: number, second: number): void {
    const weight = amount * this.#weightAt(row, second);
    const start = row * NEIGHBOURS;
    const end = start + this.#sizes[row]!;
    let lightest = start;
    for (let place = start; place < end; place += 1) {
      if (this.#slots[place] === slot) {
        this.#weights[place]! += weight;
        return;
      }
      if (this.#weights[place]! < this.#weights[lightest]!) lightest = place;
    }
    const isFull = this.#sizes[row] === NEIGHBOURS;
    const place = isFull ? lightest : end;
    if (!isFull) this.#sizes[row]! += 1;
    this.#slots[place] = slot;
    this.#weights[place] = weight;
  }

  each(row: number, second: number, visit: (slot: number, weight: number) => void): void {
    const factor = this.#factor(row, second);
    const start = row * NEIGHBOURS;
    for (let place = start; place < start + this.#sizes[row]!; place += 1) {
      visit(this.#slots[place]!, this.#weights[place]! * factor);
    }
  }

  /** Brings a row forward to a second; what happened before it weighs less than 1. */
  #weightAt(row: number, second: number): number {
    const laterS = second - this.#seconds[row]!;
    if (laterS <= 0) return 2 ** (laterS / HALF_LIFE_S);
    const factor = this.#factor(row, second);
    this.#visits[row]! *= factor;
    const start = row * NEIGHBOURS;
    for (let place = start; place < start + this.#sizes[row]!; place += 1) this.#weights[place]! *= factor;
    this.#seconds[row] = second;
    return 1;
  }

  #factor(row: number, second: number): number {
    return 2 ** (Math.min(0, this.#seconds[row]! - second) / HALF_LIFE_S);
  }

  write(writer: SnapshotWriter, row: number, ids: ArticleIds): void {
    writer.int(this.#seconds[row]!);
    writer.float(this.#visits[row]!);
    writer.byte(this.#sizes[row]!);
    for (let place = row * NEIGHBOURS; place < row * NEIGHBOURS + this.#sizes[row]!; place += 1) {
      writer.id(ids.articleId(this.#slots[place]!));
      writer.float(this.#weights[place]!);
    }
  }

  read(reader: SnapshotReader, row: number, ids: ArticleIds): void {
    this.#seconds[row] = reader.int();
    this.#visits[row] = reader.float();
    const size = reader.byte();
    if (size > NEIGHBOURS) throw new RangeError("more neighbours than an article can have");
    this.#sizes[row] = size;
    for (let place = row * NEIGHBOURS; place < row * NEIGHBOURS + size; place += 1) {
      this.#slots[place] = ids.slotOf(reader.id());
      this.#weights[place] = reader.float();
    }
  }
}
