import { OrderedList } from "./ordered-list.js";

const NOTHING_LEFT_OUT = Number.NEGATIVE_INFINITY;

/** The slots with the highest keys out of many: at most `max` of them, and between removals never fewer than half. */
export class TopList {
  readonly #top: OrderedList;
  /** No slot that has been left out has a higher key, so everything above it is in the list. */
  #bar = NOTHING_LEFT_OUT;

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
    if (this.keyOf(slot) <= this.#bar) return;
    this.#top.insert(slot);
    if (this.#top.size <= this.max) return;
    const lowest = this.#top.at(0);
    this.#bar = this.keyOf(lowest);
    this.#top.remove(lowest);
  }

  /** Takes `slot` out; once half is gone, the list is filled again from the rest of `all`. */
  remove(slot: number, all: OrderedList): void {
    if (!this.#top.remove(slot) || this.#bar === NOTHING_LEFT_OUT || this.#top.size > this.max / 2) return;
    this.#top.clear();
    this.#bar = NOTHING_LEFT_OUT;
    // Newer articles have higher keys by and large, so from the new end most of what comes later stays out at once.
    for (let rank = all.size - 1; rank >= 0; rank -= 1) if (all.at(rank) !== slot) this.offer(all.at(rank));
  }
}
