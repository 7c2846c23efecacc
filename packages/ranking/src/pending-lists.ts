import type { Example } from "./example-buffer.js";
import type { Id } from "./id.js";
import type { List } from "./list.js";

/** A list that was shown and could still be clicked. */
export interface Pending {
  readonly list: List;
  /** Gain of each article by what the reader did with it; 0 for nothing. */
  readonly gains: Float32Array;
  /** Rows of the list before it was shown, within the list and, for some lists, within a pool. */
  readonly example: Example;
  readonly pool: Example | undefined;
  readonly places: Float64Array;
  /** Scores of each model. */
  readonly byForest: Float64Array;
  readonly byLinear: Float64Array;
}

const PER_READER_MAX = 4;

/** Lists waiting for clicks, in the order they were shown. */
export class PendingLists {
  readonly max: number;
  #queue: Pending[] = [];
  #first = 0;
  readonly #ofReader = new Map<Id, Pending[]>();

  constructor(max: number) {
    this.max = max;
  }

  get size(): number {
    return this.#queue.length - this.#first;
  }

  add(pending: Pending): void {
    const { reader } = pending.list;
    this.#queue.push(pending);
    this.#ofReader.set(reader, [...(this.#ofReader.get(reader) ?? []), pending].slice(-PER_READER_MAX));
  }

  /** The last list of a reader that an article was in. */
  find(reader: Id, article: Id): Pending | undefined {
    return this.#ofReader.get(reader)?.findLast(({ list }) => list.articles.includes(article));
  }

  /** Takes away the oldest list if it was shown before this time, or if there are too many. */
  takeBefore(atMs: number): Pending | undefined {
    const oldest = this.#queue[this.#first];
    if (oldest === undefined || (oldest.list.atMs >= atMs && this.size <= this.max)) return undefined;
    this.#first++;
    if (this.#first > 1_000 && this.#first * 2 > this.#queue.length) {
      this.#queue = this.#queue.slice(this.#first);
      this.#first = 0;
    }
    const others = this.#ofReader.get(oldest.list.reader)?.filter((pending) => pending !== oldest) ?? [];
    if (others.length > 0) this.#ofReader.set(oldest.list.reader, others);
    else this.#ofReader.delete(oldest.list.reader);
    return oldest;
  }

  state(): Pending[] {
    return this.#queue.slice(this.#first);
  }

  restore(pendings: readonly Pending[]): void {
    this.#queue = [];
    this.#first = 0;
    this.#ofReader.clear();
    for (const pending of pendings) this.add(pending);
  }
}
