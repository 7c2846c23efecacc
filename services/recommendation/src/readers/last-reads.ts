import type { ArticleIds } from "./co-visit-table.js";
import type { SnapshotReader, SnapshotWriter } from "./snapshot-bytes.js";

/** Reads kept of each reader. */
export const READS = 20;

/** The last articles each row has read, in the order of reading. */
export class LastReads {
  readonly #slots: Int32Array;
  readonly #seconds: Uint32Array;
  readonly #sizes: Uint8Array;

  constructor(rows: number) {
    this.#slots = new Int32Array(rows * READS);
    this.#seconds = new Uint32Array(rows * READS);
    this.#sizes = new Uint8Array(rows);
  }

  clear(row: number): void {
    this.#sizes[row] = 0;
  }

  size(row: number): number {
    return this.#sizes[row] as number;
  }

  /** The newest is 0. */
  slot(row: number, age: number): number {
    return this.#slots[this.#place(row, age)] as number;
  }

  second(row: number, age: number): number {
    return this.#seconds[this.#place(row, age)] as number;
  }

  /** Makes an article the newest; false when it was among the last already. */
  add(row: number, slot: number, second: number): boolean {
    const start = row * READS;
    const end = start + this.#sizes[row]!;
    const known = this.#slots.subarray(start, end).indexOf(slot);
    const isNew = known < 0;
    if (isNew && this.#sizes[row]! < READS) this.#sizes[row]! += 1;
    else this.#drop(isNew ? start : start + known, end);
    const place = this.#place(row, 0);
    this.#slots[place] = slot;
    this.#seconds[place] = second;
    return isNew;
  }

  #drop(place: number, end: number): void {
    this.#slots.copyWithin(place, place + 1, end);
    this.#seconds.copyWithin(place, place + 1, end);
  }

  #place(row: number, age: number): number {
    return row * READS + this.#sizes[row]! - 1 - age;
  }

  write(writer: SnapshotWriter, row: number, ids: ArticleIds): void {
    writer.byte(this.size(row));
    for (let age = this.size(row) - 1; age >= 0; age -= 1) {
      writer.id(ids.articleId(this.slot(row, age)));
      writer.int(this.second(row, age));
    }
  }

  read(reader: SnapshotReader, row: number, ids: ArticleIds): void {
    this.clear(row);
    for (let left = reader.byte(); left > 0; left -= 1) this.add(row, ids.slotOf(reader.id()), reader.int() >>> 0);
  }
}
