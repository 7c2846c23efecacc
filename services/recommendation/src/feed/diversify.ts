import type { Candidate } from "./candidate.js";

/** An author's second article yields to every other author's first, the third to every second, and so on. Otherwise the order stays. */
export function diversify(ranked: readonly Candidate[]): Candidate[] {
  const rounds: Candidate[][] = [];
  const seen = new Map<number, number>();
  for (const candidate of ranked) {
    const round = seen.get(candidate.author) ?? 0;
    seen.set(candidate.author, round + 1);
    const places = rounds[round];
    if (places === undefined) rounds[round] = [candidate];
    else places.push(candidate);
  }
  return rounds.flat();
}
