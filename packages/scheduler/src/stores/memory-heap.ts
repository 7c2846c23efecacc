/** Something that waits for a moment, and where it stands in its heap (-1: nowhere). */
export interface Waiting {
  key: number;
  heapIndex: number;
}

/** A binary heap, smallest key first, whose elements know their place: moving and removing one is O(log n). */
export class MemoryHeap<T extends Waiting> {
  readonly #items: T[] = [];

  get first(): T | undefined {
    return this.#items[0];
  }

  get size(): number {
    return this.#items.length;
  }

  /** Puts the element where its `key` belongs, whether it was in the heap or not. */
  place(item: T): void {
    if (item.heapIndex < 0) {
      item.heapIndex = this.#items.length;
      this.#items.push(item);
    }
    this.#down(this.#up(item));
  }

  remove(item: T): void {
    if (item.heapIndex < 0) return;
    const index = item.heapIndex;
    const last = this.#items.pop()!;
    item.heapIndex = -1;
    if (last === item) return;
    this.#items[index] = last;
    last.heapIndex = index;
    this.#down(this.#up(last));
  }

  #up(item: T): T {
    const items = this.#items;
    let index = item.heapIndex;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = items[parent]!;
      if (above.key <= item.key) break;
      items[index] = above;
      above.heapIndex = index;
      index = parent;
    }
    items[index] = item;
    item.heapIndex = index;
    return item;
  }

  #down(item: T): void {
    const items = this.#items;
    let index = item.heapIndex;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= items.length) break;
      if (child + 1 < items.length && items[child + 1]!.key < items[child]!.key) child++;
      const below = items[child]!;
      if (below.key >= item.key) break;
      items[index] = below;
      below.heapIndex = index;
      index = child;
    }
    items[index] = item;
    item.heapIndex = index;
  }
}
