import { grownFloats, grownInts } from "./memory-arrays.js";

const CHILDREN = 4;
const NOWHERE = -1;

/**
 * Heap of slots (small integers of its user), smallest key first. It knows the place of each, so that
 * moving and removing one is O(log n); and it is three typed arrays, so that a million cost 16 MB and a step touches few
 * cache lines.
 */
export class MemoryHeap {
  #size = 0;
  #keys = new Float64Array(0);
  #slots = new Int32Array(0);
  /** By slot. */
  #places = new Int32Array(0);

  get size(): number {
    return this.#size;
  }

  /** The slot of the smallest key; undefined when there is none. */
  get first(): number | undefined {
    return this.#size === 0 ? undefined : this.#slots[0];
  }

  /** Infinity when there is none. */
  get firstKey(): number {
    return this.#size === 0 ? Number.POSITIVE_INFINITY : this.#keys[0]!;
  }

  has(slot: number): boolean {
    return this.#placeOf(slot) !== NOWHERE;
  }

  /** Of a slot that is there. */
  keyOf(slot: number): number {
    return this.#keys[this.#places[slot]!]!;
  }

  /** Puts the slot where the key belongs, whether it was there or not. */
  place(slot: number, key: number): void {
    let at = this.#placeOf(slot);
    if (at === NOWHERE) {
      this.#makeRoom(slot);
      at = this.#size++;
    }
    this.#settle(slot, key, at);
  }

  remove(slot: number): void {
    const at = this.#placeOf(slot);
    if (at === NOWHERE) return;
    this.#places[slot] = NOWHERE;
    const last = --this.#size;
    if (at !== last) this.#settle(this.#slots[last]!, this.#keys[last]!, at);
  }

  clear(): void {
    for (let at = 0; at < this.#size; at++) this.#places[this.#slots[at]!] = NOWHERE;
    this.#size = 0;
  }

  #placeOf(slot: number): number {
    return slot < this.#places.length ? this.#places[slot]! : NOWHERE;
  }

  #settle(slot: number, key: number, from: number): void {
    const at = this.#down(key, this.#up(key, from));
    this.#put(slot, key, at);
  }

  /** Moves larger keys down, from `from` on, to make way for a smaller one. */
  #up(key: number, from: number): number {
    let at = from;
    while (at > 0) {
      const parent = ((at - 1) / CHILDREN) | 0;
      if (this.#keys[parent]! <= key) break;
      this.#put(this.#slots[parent]!, this.#keys[parent]!, at);
      at = parent;
    }
    return at;
  }

  /** Moves smaller keys up, from `from` on, to make way for a larger one. */
  #down(key: number, from: number): number {
    let at = from;
    for (;;) {
      const firstChild = CHILDREN * at + 1;
      if (firstChild >= this.#size) return at;
      const end = Math.min(firstChild + CHILDREN, this.#size);
      let child = firstChild;
      for (let other = firstChild + 1; other < end; other++) if (this.#keys[other]! < this.#keys[child]!) child = other;
      if (this.#keys[child]! >= key) return at;
      this.#put(this.#slots[child]!, this.#keys[child]!, at);
      at = child;
    }
  }

  #put(slot: number, key: number, at: number): void {
    this.#keys[at] = key;
    this.#slots[at] = slot;
    this.#places[slot] = at;
  }

  #makeRoom(slot: number): void {
    if (this.#size === this.#keys.length) {
      this.#keys = grownFloats(this.#keys, this.#size + 1, 0);
      this.#slots = grownInts(this.#slots, this.#size + 1, NOWHERE);
    }
    if (slot >= this.#places.length) this.#places = grownInts(this.#places, slot + 1, NOWHERE);
  }
}
