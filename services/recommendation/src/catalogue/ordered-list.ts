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
    const rank = this.#rankAbove(this.keyOf(slot));
    this.#slots.copyWithin(rank + 1, rank, this.#size);
    this.#slots[rank] = slot;
    this.#size += 1;
  }

  /** Many at once: sorts the newcomers and merges them from the top, O(all) once instead of once for each. */
  insertMany(newcomers: readonly number[]): void {
    const sorted = [...newcomers].sort((a, b) => this.keyOf(a) - this.keyOf(b));
    this.#reserve(this.#size + sorted.length);
    let from = this.#size - 1;
    let to = this.#size + sorted.length - 1;
    for (let next = sorted.length - 1; next >= 0; to -= 1) {
      const newcomer = sorted[next] as number;
      if (from >= 0 && this.keyOf(this.at(from)) > this.keyOf(newcomer)) {
        this.#slots[to] = this.at(from);
        from -= 1;
      } else {
        this.#slots[to] = newcomer;
        next -= 1;
      }
    }
    this.#size += sorted.length;
  }

  /** Takes `slot` out; its key must still be the one it was inserted with. */
  remove(slot: number): boolean {
    for (let rank = this.#rankAbove(this.keyOf(slot)) - 1; rank >= 0; rank -= 1) {
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

  /** How many keys are less than or equal to `key`. */
  #rankAbove(key: number): number {
    if (this.#size === 0 || this.keyOf(this.at(this.#size - 1)) <= key) return this.#size;
    let low = 0;
    let high = this.#size;
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
