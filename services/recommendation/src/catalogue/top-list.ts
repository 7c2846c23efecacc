import { OrderedList } from "./ordered-list.js";

/** The slots with the highest keys out of many, at most `max` of them. */
export class TopList {
  readonly #top: OrderedList;
  /** Something with a key has been left out, so after removals the list may miss what belongs into it. */
  #leftOut = false;

  constructor(
    private readonly keyOf: (slot: number) => number,
    private readonly max: number,
  ) {
    this.#top = new OrderedList(keyOf);
  }

  get size(): number {
    return this.#top.size;
  }

  /** The slot at `rank`, 0 being the highest key. */
  at(rank: number): number {
    return this.#top.at(this.#top.size - 1 - rank);
  }

  offer(slot: number): void {
    if (this.#top.size < this.max) {
      this.#top.insert(slot);
      return;
    }
    this.#leftOut = true;
    const lowest = this.#top.at(0);
    if (this.keyOf(slot) <= this.keyOf(lowest)) return;
    this.#top.remove(lowest);
    this.#top.insert(slot);
  }

  /** Takes `slot` out; once half is gone, the list is filled again from `all`. */
  remove(slot: number, all: OrderedList): void {
    const removed = this.#top.remove(slot);
    if (!removed || !this.#leftOut || this.#top.size > this.max / 2) return;
    this.#leftOut = false;
    while (this.#top.size > 0) this.#top.remove(this.#top.at(0));
    for (let rank = 0; rank < all.size; rank += 1) if (all.at(rank) !== slot) this.offer(all.at(rank));
  }
}
