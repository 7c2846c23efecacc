/** No row. */
export const NONE = -1;

/** Gives each key a row below `capacity`; when there are none left, the key that was used longest ago loses its own. */
export class LruRows<Key> {
  readonly #rowOf = new Map<Key, number>();
  readonly #keys: Key[] = [];
  /** A ring of rows by use, through the row `capacity`, which stands before the oldest and after the newest. */
  readonly #newer: Int32Array;
  readonly #older: Int32Array;

  constructor(readonly capacity: number) {
    this.#newer = new Int32Array(capacity + 1).fill(capacity);
    this.#older = new Int32Array(capacity + 1).fill(capacity);
  }

  get size(): number {
    return this.#rowOf.size;
  }

  /** The row of a key, or NONE. Does not count as use. */
  find(key: Key): number {
    return this.#rowOf.get(key) ?? NONE;
  }

  keyOf(row: number): Key {
    return this.#keys[row] as Key;
  }

  /** The row of a key, given now if it has none. `clear` receives a row whose former state must go. */
  use(key: Key, clear: (row: number) => void): number {
    const known = this.#rowOf.get(key);
    if (known !== undefined) {
      this.#unlink(known);
      this.#linkNewest(known);
      return known;
    }
    const row = this.size < this.capacity ? this.size : this.#evict();
    this.#rowOf.set(key, row);
    this.#keys[row] = key;
    this.#linkNewest(row);
    clear(row);
    return row;
  }

  /** All rows, the one used longest ago first. */
  oldestFirst(): Int32Array {
    const rows = new Int32Array(this.size);
    for (let row = this.#newer[this.capacity]!, index = 0; row !== this.capacity; row = this.#newer[row]!) {
      rows[index++] = row;
    }
    return rows;
  }

  clear(): void {
    this.#rowOf.clear();
    this.#keys.length = 0;
    this.#newer.fill(this.capacity);
    this.#older.fill(this.capacity);
  }

  #evict(): number {
    const oldest = this.#newer[this.capacity]!;
    this.#unlink(oldest);
    this.#rowOf.delete(this.#keys[oldest]!);
    return oldest;
  }

  #unlink(row: number): void {
    const [older, newer] = [this.#older[row]!, this.#newer[row]!];
    this.#newer[older] = newer;
    this.#older[newer] = older;
  }

  #linkNewest(row: number): void {
    const newest = this.#older[this.capacity]!;
    this.#older[row] = newest;
    this.#newer[row] = this.capacity;
    this.#newer[newest] = row;
    this.#older[this.capacity] = row;
  }
}
