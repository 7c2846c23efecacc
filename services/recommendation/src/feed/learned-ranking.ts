import type { Catalogue } from "../catalogue/catalogue.js";
import type { Candidate, Reader } from "./candidate.js";
import { type Recalled, rank } from "./rank.js";

/** What the online ranker is asked; packages/ranking. */
export interface OnlineRanker {
  score(
    list: { readonly reader: bigint; readonly articles: readonly bigint[]; readonly atMs: number },
    among: "list" | "pool",
  ): Float64Array;
}

/** What a reader is drawn to, from −1 (away from it) to 1. */
export interface Affinities {
  affinities(userId: bigint, slots: ArrayLike<number>, out: Float64Array, nowMs: number): void;
}

interface Parts {
  readonly catalogue: Catalogue;
  readonly ranker: OnlineRanker;
  /** How much of what could be learnt was learnt, from 0 to 1: a ranker that saw little says little. */
  readonly trust: () => number;
  readonly interests: Affinities;
}

/** What one candidate's score is made of, by name. */
export type ScoreParts = Readonly<Record<string, number>>;

/** Of so many recalled, the ranker chooses; of so many chosen, it judges the order. Each costs some 4 µs, and the second 10. */
const CHOSEN_FROM = 60;
const ORDERED = 20;
/** In doublings of engagement: what being entirely after a reader's heart is worth… */
const INTEREST_WORTH = 12;
/** …and one standard deviation of what the ranker says, once it is trusted. */
const POOL_WORTH = 1.5;
const LIST_WORTH = 1.5;
/** How much of the rules' own say remains then. */
const RULES_SHARE = 0.35;

/** Ranks by the rules of `rank`, the reader's interests, and, as it learns, ever more by the online ranker. */
export function learnedRanking({ catalogue, ranker, trust, interests }: Parts) {
  let affinity = new Float64Array(256);

  return (recalled: readonly Recalled[], reader: Reader, onParts?: OnParts): Candidate[] => {
    const byRules = rank(recalled, reader, catalogue);
    const trusted = reader.userId === 0n ? 0 : trust();
    const byInterest = addInterests(byRules, reader, onParts).sort(byScore);
    if (trusted === 0 || byInterest.length < 2) return byInterest;
    const chosen = byInterest.slice(0, CHOSEN_FROM);
    addRanker(chosen, reader, { among: "pool", worth: POOL_WORTH, trusted, share: RULES_SHARE, onParts });
    chosen.sort(byScore);
    const ordered = chosen.slice(0, ORDERED);
    addRanker(ordered, reader, { among: "list", worth: LIST_WORTH, trusted, share: 1, onParts });
    ordered.sort(byScore);
    return [...ordered, ...chosen.slice(ORDERED), ...byInterest.slice(CHOSEN_FROM)];
  };

  function addInterests(candidates: Candidate[], reader: Reader, onParts: OnParts | undefined) {
    if (affinity.length < candidates.length) affinity = new Float64Array(2 * candidates.length);
    const slots = candidates.map(({ slot }) => slot);
    affinity.fill(0, 0, candidates.length);
    if (reader.userId !== 0n) interests.affinities(reader.userId, slots, affinity, reader.nowMs);
    return candidates.map((candidate, index) => {
      const interest = INTEREST_WORTH * (affinity[index] as number);
      onParts?.(candidate.slot, { rules: candidate.score, interest });
      return { ...candidate, score: candidate.score + interest };
    });
  }

  function addRanker(
    candidates: Candidate[],
    reader: Reader,
    { among, worth, trusted, share, onParts }: RankerSay,
  ): void {
    const articles = candidates.map(({ slot }) => catalogue.articleId(slot));
    const scores = ranker.score({ reader: reader.userId, articles, atMs: reader.nowMs }, among);
    const { mean, deviation } = momentsOf(scores.subarray(0, candidates.length));
    const kept = 1 - trusted * (1 - share);
    for (let index = 0; index < candidates.length; index += 1) {
      const candidate = candidates[index] as Candidate;
      const said = deviation === 0 ? 0 : trusted * worth * ((scores[index]! - mean) / deviation);
      onParts?.(candidate.slot, { [among]: said });
      candidates[index] = { ...candidate, score: kept * candidate.score + said };
    }
  }

  function byScore(a: Candidate, b: Candidate): number {
    return b.score - a.score || catalogue.publishedAtMs(b.slot) - catalogue.publishedAtMs(a.slot);
  }
}

/** Told what a score is made of, for a page that explains it. */
export type OnParts = (slot: number, parts: ScoreParts) => void;

interface RankerSay {
  readonly among: "list" | "pool";
  readonly worth: number;
  readonly trusted: number;
  /** How much of the score so far remains beside a ranker that is fully trusted. */
  readonly share: number;
  readonly onParts: OnParts | undefined;
}

/** Hidden candidates have scores far below all others, and must not stretch the scale. */
const HIDDEN_BELOW = -1e8;

function momentsOf(scores: Float64Array): { mean: number; deviation: number } {
  let count = 0;
  let sum = 0;
  let squares = 0;
  for (const score of scores) {
    if (score < HIDDEN_BELOW) continue;
    count += 1;
    sum += score;
    squares += score * score;
  }
  if (count === 0) return { mean: 0, deviation: 0 };
  const mean = sum / count;
  return { mean, deviation: Math.sqrt(Math.max(0, squares / count - mean * mean)) };
}
