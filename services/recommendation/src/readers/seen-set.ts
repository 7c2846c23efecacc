/** Marks of the slots of one set at a time: the set that is read next marks its own, which is cheaper than a hash table for each. */
export class SlotMarks {
  #owner: SeenSet | undefined;
  #round = 0;
  #rounds = new Uint32Array(1_024);

  isOwnedBy(set: SeenSet): boolean {
    return this.#owner === set;
  }

  /** Marks these slots alone. */
  take(owner: SeenSet, slots: Int32Array): void {
    this.#owner = owner;
    this.#round += 1;
    for (const slot of slots) this.mark(slot);
  }

  mark(slot: number): void {
    if (slot >= this.#rounds.length) {
      const grown = new Uint32Array(2 ** Math.ceil(Math.log2(slot + 1)));
      grown.set(this.#rounds);
      this.#rounds = grown;
    }
    this.#rounds[slot] = this.#round;
  }

  has(slot: number): boolean {
    return this.#rounds[slot] === this.#round;
  }

  release(): void {
    this.#owner = undefined;
  }
}

const CAPACITY_MIN = 16;
/** Memory of the object and its array beside the slots. */
const OBJECT_BYTES = 300;

/** The last slots a reader saw, at most `max`, four bytes each. */
export class SeenSet {
  readonly #marks: SlotMarks;
  readonly #max: number;
  #slots: Int32Array;
  #size = 0;

  /** @param slots The one seen longest ago first; of one that comes again the last counts. */
  constructor(marks: SlotMarks, max: number, slots: readonly number[] = []) {
    this.#marks = marks;
    this.#max = max;
    const newestLast = [...new Set(slots.toReversed())].slice(0, max).reverse();
    this.#slots = new Int32Array(Math.max(CAPACITY_MIN, newestLast.length));
    this.#slots.set(newestLast);
    this.#size = newestLast.length;
  }

  get size(): number {
    return this.#size;
  }

  /** Memory this set takes, roughly. */
  get bytes(): number {
    return OBJECT_BYTES + this.#slots.byteLength;
  }

  has(slot: number): boolean {
    if (!this.#marks.isOwnedBy(this)) this.#marks.take(this, this.#slots.subarray(0, this.#size));
    return this.#marks.has(slot);
  }

  /** Makes a slot the newest; of too many the oldest goes. */
  add(slot: number): void {
    const known = this.#slots.subarray(0, this.#size).indexOf(slot);
    if (known >= 0) this.#drop(known);
    else if (this.#size === this.#max) this.#forgetOldest();
    else if (this.#marks.isOwnedBy(this)) this.#marks.mark(slot);
    if (this.#size === this.#slots.length) this.#grow();
    this.#slots[this.#size] = slot;
    this.#size += 1;
  }

  #forgetOldest(): void {
    this.#drop(0);
    if (this.#marks.isOwnedBy(this)) this.#marks.release();
  }

  #drop(place: number): void {
    this.#slots.copyWithin(place, place + 1, this.#size);
    this.#size -= 1;
  }

  #grow(): void {
    const grown = new Int32Array(Math.min(this.#max, Math.ceil(this.#size * 1.5)));
    grown.set(this.#slots);
    this.#slots = grown;
  }
}
