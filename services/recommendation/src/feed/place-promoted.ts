import { type Candidate, REASONS } from "./candidate.js";

/** The third place: seen without scrolling, and never the first thing a reader sees. */
const PLACE = 2;
/** Shorter pages are not sold. */
const PAGE_MIN = PLACE + 2;

/** Takes the promoted article out of the order that it has not earned, has the page cut without it, and gives it its place. */
export function placePromoted(
  ordered: readonly Candidate[],
  size: number,
  cut: (ordered: readonly Candidate[], size: number) => Candidate[],
): readonly Candidate[] {
  const promoted = ordered.find(isPromoted);
  if (promoted === undefined) return cut(ordered, size);
  const earned = ordered.filter((candidate) => !isPromoted(candidate));
  if (size < PAGE_MIN || earned.length <= PLACE) return cut(earned, size);
  const page = cut(earned, size - 1);
  page.splice(PLACE, 0, promoted);
  return page;
}

function isPromoted(candidate: Candidate): boolean {
  return candidate.reason === REASONS.promoted;
}
