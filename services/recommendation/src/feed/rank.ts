import type { Catalogue } from "../catalogue/catalogue.js";
import type { Candidate, Reader, ReasonNumber } from "./candidate.js";
import { hotness } from "./hot-key.js";

/** An article before it has a score. */
export interface Recalled {
  readonly slot: number;
  readonly reason: ReasonNumber;
}

/** Following an author is worth this many doublings of engagement: two half-lives of age, or four times the likes. */
const FOLLOWED_BONUS = 2;

/** Gives each candidate its score and puts the best first; of equals, the newer one. */
export function rank(recalled: readonly Recalled[], reader: Reader, catalogue: Catalogue): Candidate[] {
  return recalled
    .map(({ slot, reason }) => ({
      slot,
      reason,
      author: catalogue.author(slot),
      score: score(slot, reader, catalogue),
    }))
    .sort((a, b) => b.score - a.score || catalogue.publishedAtMs(b.slot) - catalogue.publishedAtMs(a.slot));
}

/** What is known of a reader's interests adds to this sum. */
function score(slot: number, reader: Reader, catalogue: Catalogue): number {
  const follows = reader.follows.size > 0 && reader.follows.has(catalogue.authorId(slot));
  return hotness(catalogue.hotKey(slot), reader.nowMs) + (follows ? FOLLOWED_BONUS : 0);
}
