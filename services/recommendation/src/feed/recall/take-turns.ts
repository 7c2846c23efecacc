import type { Walk } from "./first-kept.js";

/** Something to recall from: what it names, how far it is walked, and how many it may name. */
export interface Source {
  readonly walk: Walk;
  readonly lookMax: number;
  readonly namedMax: number;
}

/** Lets each source name the next article that `keep` lets through, in turns, until there are `want`; none is named twice. */
export function takeTurns(sources: readonly Source[], want: number, keep: (slot: number) => boolean): number[] {
  const named = new Set<number>();
  const refused = new Set<number>();
  let waiting = sources.map((source) => ({ ...source, rank: 0, count: 0 }));
  while (waiting.length > 0 && named.size < want) {
    waiting = waiting.filter((source) => {
      if (named.size >= want || source.count >= source.namedMax) return false;
      const slot = nextOf(source, (candidate) => {
        if (named.has(candidate) || refused.has(candidate)) return false;
        if (keep(candidate)) return true;
        refused.add(candidate);
        return false;
      });
      if (slot === undefined) return false;
      named.add(slot);
      source.count += 1;
      return true;
    });
  }
  return [...named];
}

function nextOf(source: Source & { rank: number }, keep: (slot: number) => boolean): number | undefined {
  const end = Math.min(source.walk.size, source.lookMax);
  while (source.rank < end) {
    const slot = source.walk.at(source.rank);
    source.rank += 1;
    if (keep(slot)) return slot;
  }
  return undefined;
}
