import type { Id } from "./id.js";
import { Made } from "./made.js";

/** Absent from an index. */
export const NONE = -1;

/** Gives each id a slot below `capacity`; when there are none left, the id that was used longest ago loses its own. */
export class LruIndex {
  readonly capacity: number;
  readonly #slots = new Map<Id, number>();
  #ids: Id[] = [];
  /** A ring of slots by use, through the slot `capacity`, which stands before the oldest and after the newest. */
  readonly #newer: Int32Array;
  readonly #older: Int32Array;

  constructor(capacity: number) {
    if (!Number.isInteger(capacity) || capacity < 1)
      throw new RangeError(`capacity must be at least 1, not ${capacity}`);
    this.capacity = capacity;
    this.#newer = new Int32Array(capacity + 1).fill(capacity);
    this.#older = new Int32Array(capacity + 1).fill(capacity);
  }

  get size(): number {
    return this.#slots.size;
  }

  /** The slot of an id, or NONE. Does not count as use. */
  find(id: Id): number {
    return this.#slots.get(id) ?? NONE;
  }

  id(slot: number): Id | undefined {
    return this.#ids[slot];
  }

  /** The slot of an id, given now if it has none. `fresh` is called with a slot whose former state must be cleared. */
  use(id: Id, fresh: (slot: number) => void): number {
    const known = this.#slots.get(id);
    if (known !== undefined) {
      this.#unlink(known);
      this.#linkNewest(known);
      return known;
    }
    const slot = this.#slots.size < this.capacity ? this.#ids.length : this.#evict();
    this.#slots.set(id, slot);
    this.#ids[slot] = id;
    this.#linkNewest(slot);
    fresh(slot);
    return slot;
  }

  /** Ids and their slots, the one used longest ago first. */
  *entries(): IterableIterator<[Id, number]> {
    for (let slot = this.#newer[this.capacity]!; slot !== this.capacity; slot = this.#newer[slot]!) {
      yield [this.#ids[slot]!, slot];
    }
  }

  /** The same, each made when it is asked for. No slot may be used until the last is. */
  entriesInSteps(): Made<[Id, number]> {
    const slots = new Int32Array(this.size);
    let at = 0;
    for (let slot = this.#newer[this.capacity]!; slot !== this.capacity; slot = this.#newer[slot]!) slots[at++] = slot;
    return new Made(slots.length, (index) => [this.#ids[slots[index]!]!, slots[index]!]);
  }

  restore(entries: readonly (readonly [Id, number])[]): void {
    this.#slots.clear();
    this.#ids = new Array(entries.length); // filled in the order of use
    this.#newer.fill(this.capacity);
    this.#older.fill(this.capacity);
    for (const [id, slot] of entries) {
      this.#slots.set(id, slot);
      this.#ids[slot] = id;
      this.#linkNewest(slot);
    }
  }

  #evict(): number {
    const oldest = this.#newer[this.capacity]!;
    this.#unlink(oldest);
    this.#slots.delete(this.#ids[oldest]!);
    return oldest;
  }

  #unlink(slot: number): void {
    const [older, newer] = [this.#older[slot]!, this.#newer[slot]!];
    this.#newer[older] = newer;
    this.#older[newer] = older;
  }

  #linkNewest(slot: number): void {
    const newest = this.#older[this.capacity]!;
    this.#older[slot] = newest;
    this.#newer[slot] = this.capacity;
    this.#newer[newest] = slot;
    this.#older[this.capacity] = slot;
  }
}
