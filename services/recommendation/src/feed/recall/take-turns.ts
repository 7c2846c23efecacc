import type { Walk } from "./first-kept.js";

/** A walk to recall from, with the most steps and the most names. */
export interface Source {
  readonly walk: Walk;
  readonly lookMax: number;
  readonly namedMax: number;
}

/** Lets each source name the next article that `keep` lets through, in turns, until there are `want`; none is named twice. */
export function takeTurns(sources: readonly Source[], want: number, keep: (slot: number) => boolean): number[] {
  const named: number[] = [];
  const asked = new Set<number>();
  let waiting = sources.map((source) => new Cursor(source));
  while (waiting.length > 0 && named.length < want) {
    const left: Cursor[] = [];
    for (const cursor of waiting) {
      if (named.length >= want) break;
      const slot = cursor.next(asked, keep);
      if (slot === undefined) continue;
      named.push(slot);
      left.push(cursor);
    }
    waiting = left;
  }
  return named;
}

/** A place in the walk of one source. */
class Cursor {
  readonly #source: Source;
  readonly #end: number;
  #rank = 0;
  #count = 0;

  constructor(source: Source) {
    this.#source = source;
    this.#end = Math.min(source.walk.size, source.lookMax);
  }

  /** The next slot that was not asked for before and is kept; undefined at the end or once enough were named. */
  next(asked: Set<number>, keep: (slot: number) => boolean): number | undefined {
    const { walk, namedMax } = this.#source;
    if (this.#count >= namedMax) return undefined;
    while (this.#rank < this.#end) {
      const slot = walk.at(this.#rank++);
      if (asked.has(slot)) continue;
      asked.add(slot);
      if (!keep(slot)) continue;
      this.#count++;
      return slot;
    }
    return undefined;
  }
}
