import type { Catalogue } from "../../catalogue/catalogue.js";
import type { OrderedList } from "../../catalogue/ordered-list.js";

/** Articles of one author that a recall names before those of others. */
const PER_AUTHOR = 2;
/** Articles that a walk looks at past its goal to find other authors. */
const LOOK_AHEAD = 256;

/** Something to walk: `at(0)` comes first. */
export interface Walk {
  readonly size: number;
  at(rank: number): number;
}

/** The first `want` articles of a walk that `keep` lets through, no author taking more than a few places while others wait. */
export function firstKept(walk: Walk, want: number, keep: (slot: number) => boolean, catalogue: Catalogue): number[] {
  const kept: number[] = [];
  const yielded: number[] = [];
  const perAuthor = new Map<number, number>();
  for (let rank = 0; rank < walk.size && kept.length < want && yielded.length < LOOK_AHEAD; rank += 1) {
    const slot = walk.at(rank);
    if (!keep(slot)) continue;
    const author = catalogue.author(slot);
    const named = perAuthor.get(author) ?? 0;
    perAuthor.set(author, named + 1);
    if (named < PER_AUTHOR) kept.push(slot);
    else yielded.push(slot);
  }
  return kept.length < want ? kept.concat(yielded.slice(0, want - kept.length)) : kept;
}

/** The first of each walk, then the second of each, and so on; an article stands in it as often as in the walks. */
export function inTurns(walks: readonly Walk[]): Walk {
  const left = walks.filter(({ size }) => size > 0);
  if (left.length <= 1) return left[0] ?? { size: 0, at: () => -1 };
  const rounds = Math.min(...left.map(({ size }) => size));
  const behind = inTurns(left.map((walk) => ({ size: walk.size - rounds, at: (rank) => walk.at(rank + rounds) })));
  const inRounds = rounds * left.length;
  return {
    size: inRounds + behind.size,
    at: (rank) =>
      rank < inRounds ? left[rank % left.length]!.at(Math.floor(rank / left.length)) : behind.at(rank - inRounds),
  };
}

/** A list ordered by time, walked from its newest end. */
export function newestFirst(list: Walk): Walk {
  return { size: list.size, at: (rank) => list.at(list.size - 1 - rank) };
}

/** The same for what was published after one moment and not after another, without a step outside. */
export function newestWithin(list: OrderedList, afterMs: number, untilMs: number): Walk {
  const end = list.countUpTo(untilMs);
  return { size: end - list.countUpTo(afterMs), at: (rank) => list.at(end - 1 - rank) };
}
