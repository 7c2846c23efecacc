import type { Id } from "./id.js";

/** Absent from an index. */
export const NONE = -1;

/** Gives each id a slot below `capacity`; when there are none left, the id that was used longest ago loses its own. */
export class LruIndex {
  readonly capacity: number;
  readonly #slots = new Map<Id, number>();
  readonly #ids: Id[] = [];

  constructor(capacity: number) {
    if (!Number.isInteger(capacity) || capacity < 1)
      throw new RangeError(`capacity must be at least 1, not ${capacity}`);
    this.capacity = capacity;
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

  /** The slot of an id, given now if it has none. `fresh` is told a slot whose former state must go. */
  use(id: Id, fresh: (slot: number) => void): number {
    const known = this.#slots.get(id);
    if (known !== undefined) {
      this.#slots.delete(id);
      this.#slots.set(id, known);
      return known;
    }
    const slot = this.#slots.size < this.capacity ? this.#ids.length : this.#evict();
    this.#slots.set(id, slot);
    this.#ids[slot] = id;
    fresh(slot);
    return slot;
  }

  /** Ids and their slots, the one used longest ago first. */
  entries(): IterableIterator<[Id, number]> {
    return this.#slots.entries();
  }

  restore(entries: Iterable<readonly [Id, number]>): void {
    this.#slots.clear();
    this.#ids.length = 0;
    for (const [id, slot] of entries) {
      this.#slots.set(id, slot);
      this.#ids[slot] = id;
    }
  }

  #evict(): number {
    const [oldest, slot] = this.#slots.entries().next().value as [Id, number];
    this.#slots.delete(oldest);
    return slot;
  }
}
