/** Article slots in ascending order of a key, in one growable typed array: 4 bytes an entry, walked from either end. */
export class OrderedList {
  #slots = new Int32Array(16);
  #size = 0;

  constructor(private readonly keyOf: (slot: number) => number) {}

  get size(): number {
    return this.#size;
  }

  /** The slot at `rank`, 0 being the lowest key. */
  at(rank: number): number {
    return this.#slots[rank] as number;
  }

  /** Constant time for a key above all others, which is how articles are published. */
  insert(slot: number): void {
    this.#reserve(this.#size + 1);
    const rank = this.countUpTo(this.keyOf(slot));
    this.#slots.copyWithin(rank + 1, rank, this.#size);
    this.#slots[rank] = slot;
    this.#size += 1;
  }

  /** Many at once: what lies between two newcomers moves as one block, so all of them cost one pass and not one each. */
  insertMany(newcomers: readonly number[]): void {
    const sorted = [...newcomers].sort((a, b) => this.keyOf(a) - this.keyOf(b));
    this.#reserve(this.#size + sorted.length);
    let end = this.#size;
    for (let next = sorted.length - 1; next >= 0; next -= 1) {
      const newcomer = sorted[next] as number;
      const rank = this.#countUpTo(this.keyOf(newcomer), end);
      this.#slots.copyWithin(rank + next + 1, rank, end);
      this.#slots[rank + next] = newcomer;
      end = rank;
    }
    this.#size += sorted.length;
  }

  /** Takes `slot` out; its key must still be the one it was inserted with. */
  remove(slot: number): boolean {
    for (let rank = this.countUpTo(this.keyOf(slot)) - 1; rank >= 0; rank -= 1) {
      const candidate = this.at(rank);
      if (candidate === slot) {
        this.#slots.copyWithin(rank, rank + 1, this.#size);
        this.#size -= 1;
        return true;
      }
      if (this.keyOf(candidate) < this.keyOf(slot)) return false;
    }
    return false;
  }

  /** Number of keys less than or equal to `key`. */
  countUpTo(key: number): number {
    return this.#countUpTo(key, this.#size);
  }

  clear(): void {
    this.#size = 0;
  }

  /** The same among the lowest `size`. */
  #countUpTo(key: number, size: number): number {
    if (size === 0 || this.keyOf(this.at(size - 1)) <= key) return size;
    let low = 0;
    let high = size;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.keyOf(this.at(middle)) <= key) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #reserve(size: number): void {
    if (size <= this.#slots.length) return;
    const larger = new Int32Array(Math.max(size, this.#slots.length * 2));
    larger.set(this.#slots.subarray(0, this.#size));
    this.#slots = larger;
  }
}
