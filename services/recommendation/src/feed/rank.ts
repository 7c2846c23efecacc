import type { Catalogue } from "../catalogue/catalogue.js";
import { hotness } from "../catalogue/hotness.js";
import type { Candidate, FeedReader, ReasonNumber } from "./candidate.js";

/** An article before it has a score. */
export interface Recalled {
  readonly slot: number;
  readonly reason: ReasonNumber;
}

/** Following an author is worth this many doublings of engagement: two half-lives of age, or four times the likes. */
const FOLLOWED_BONUS = 2;
/** In the same measure, and how long it takes to be half forgotten. */
const DISLIKED_MALUS = 4;
const DISLIKED_HALF_LIFE_MS = 7 * 24 * 60 * 60 * 1_000;

/** Gives each candidate its score and puts the best first; of equals, the newer one. */
export function rank(recalled: readonly Recalled[], reader: FeedReader, catalogue: Catalogue): Candidate[] {
  return scoredByRules(recalled, reader, catalogue).sort(
    (a, b) => b.score - a.score || catalogue.publishedAtMs(b.slot) - catalogue.publishedAtMs(a.slot),
  );
}

/** Scores without sorting. */
export function scoredByRules(recalled: readonly Recalled[], reader: FeedReader, catalogue: Catalogue): Scored[] {
  return recalled.map(({ slot, reason }) => ({
    slot,
    reason,
    author: catalogue.author(slot),
    score: score(slot, reader, catalogue),
  }));
}

/** A candidate whose score stages still add to. */
export type Scored = { -readonly [Field in keyof Candidate]: Candidate[Field] };

function score(slot: number, reader: FeedReader, catalogue: Catalogue): number {
  const { follows, blockList, nowMs } = reader;
  let score = hotness(catalogue.hotKey(slot), nowMs);
  if (follows.size > 0 && follows.has(catalogue.authorId(slot))) score += FOLLOWED_BONUS;
  if (blockList.dampened.size > 0) score -= dampening(blockList.dampened.get(catalogue.authorId(slot)), nowMs);
  return score;
}

/** Malus of a dislike on its author's other articles: less and less, for weeks. */
function dampening(dislikedAtMs: number | undefined, nowMs: number): number {
  if (dislikedAtMs === undefined) return 0;
  return DISLIKED_MALUS * 2 ** (-Math.max(0, nowMs - dislikedAtMs) / DISLIKED_HALF_LIFE_MS);
}
