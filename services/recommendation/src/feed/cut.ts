import { type Candidate, REASONS } from "./candidate.js";

/** One place in this many is kept for an article that has not been shown to enough readers yet. */
const PLACES_PER_EXPLORED = 10;

/**
 * The first `size` candidates. Where fewer explored ones than their share are among them, the best of those left out take
 * the last places: an article without views can have no engagement to get there by itself.
 */
export function cut(ordered: readonly Candidate[], size: number): Candidate[] {
  const page = ordered.slice(0, size);
  const share = Math.floor(size / PLACES_PER_EXPLORED);
  const missing = share - page.filter(isExplored).length;
  if (missing <= 0 || ordered.length <= size) return page;
  const called = ordered.slice(size).filter(isExplored).slice(0, missing);
  return [...page.slice(0, size - called.length), ...called];
}

function isExplored(candidate: Candidate): boolean {
  return candidate.reason === REASONS.explore;
}
