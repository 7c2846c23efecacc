import type { Catalogue } from "../catalogue/catalogue.js";
import type { Candidate, FeedReader } from "./candidate.js";
import { type Recalled, type Scored, scoredByRules } from "./rank.js";

/** The part of packages/ranking that is used here. */
export interface OnlineRanker {
  scoreBoth(
    pool: { readonly reader: bigint; readonly articles: readonly bigint[]; readonly atMs: number },
    choose: (scores: Float64Array) => ArrayLike<number>,
  ): Float64Array;
}

/** Affinities of a reader to articles, from −1 to 1. */
export interface Affinities {
  affinities(userId: bigint, slots: ArrayLike<number>, out: Float64Array, nowMs: number): void;
}

interface Deps {
  readonly catalogue: Catalogue;
  readonly ranker: OnlineRanker;
  /** Trust in the ranker, from 0 to 1: it grows with the clicks it has learnt from. */
  readonly trust: () => number;
  readonly interests: Affinities;
}

/** Parts of a candidate's score, by name. */
export type ScoreParts = Readonly<Record<string, number>>;

/** Candidates from which the ranker chooses, and chosen ones that it orders. The first cost some 4 µs each, the second 10. */
const CHOSEN_FROM = 60;
const ORDERED = 20;
/** Doublings of engagement that an affinity of 1 is worth… */
const INTEREST_WORTH = 12;
/** …and one standard deviation of the ranker's score, once it is trusted. */
const POOL_WORTH = 1.5;
const LIST_WORTH = 1.5;
/** Share of the rules that remains then. */
const RULES_SHARE = 0.35;

/** Ranks by the rules of `rank`, the reader's interests, and, as it learns, ever more by the online ranker. */
export function learnedRanking({ catalogue, ranker, trust, interests }: Deps) {
  let affinity = new Float64Array(256);

  return (recalled: readonly Recalled[], reader: FeedReader, onParts?: OnParts): Candidate[] => {
    const candidates = scoredByRules(recalled, reader, catalogue);
    const trusted = reader.userId === 0n ? 0 : trust();
    addInterests(candidates, reader, onParts);
    candidates.sort(byScore);
    if (trusted === 0 || candidates.length < 2) return candidates;
    const pool = candidates.slice(0, CHOSEN_FROM);
    const { list, rest } = rankPool(pool, reader, trusted, onParts);
    return [...list, ...rest, ...candidates.slice(CHOSEN_FROM)];
  };

  /** Chooses the list's articles from the pool and orders them; the rest follows in the pool's order. */
  function rankPool(pool: readonly Scored[], reader: FeedReader, trusted: number, onParts: OnParts | undefined) {
    const articles = pool.map(({ slot }) => catalogue.articleId(slot));
    const order = Array.from(pool, (_, row) => row);
    const scores = ranker.scoreBoth({ reader: reader.userId, articles, atMs: reader.nowMs }, (ofPool) => {
      addRanker(pool, ofPool, { among: "pool", worth: POOL_WORTH, trusted, share: RULES_SHARE, onParts });
      order.sort((one, other) => byScore(pool[one]!, pool[other]!));
      return order.slice(0, ORDERED);
    });
    const ranked = order.map((row) => pool[row]!);
    const list = ranked.slice(0, ORDERED);
    addRanker(list, scores, { among: "list", worth: LIST_WORTH, trusted, share: 1, onParts });
    return { list: list.sort(byScore), rest: ranked.slice(ORDERED) };
  }

  function addInterests(candidates: Scored[], reader: FeedReader, onParts: OnParts | undefined): void {
    if (affinity.length < candidates.length) affinity = new Float64Array(2 * candidates.length);
    if (reader.userId === 0n) affinity.fill(0, 0, candidates.length);
    else {
      const slots = candidates.map(({ slot }) => slot);
      interests.affinities(reader.userId, slots, affinity, reader.nowMs);
    }
    for (let index = 0; index < candidates.length; index += 1) {
      const candidate = candidates[index]!;
      const interest = INTEREST_WORTH * affinity[index]!;
      onParts?.(candidate.slot, { rules: candidate.score, interest });
      candidate.score += interest;
    }
  }

  function addRanker(
    candidates: readonly Scored[],
    scores: Float64Array,
    { among, worth, trusted, share, onParts }: RankerWeight,
  ): void {
    const { mean, deviation } = momentsOf(scores.subarray(0, candidates.length));
    const kept = 1 - trusted * (1 - share);
    for (let index = 0; index < candidates.length; index += 1) {
      const candidate = candidates[index]!;
      const part = deviation === 0 ? 0 : trusted * worth * ((scores[index]! - mean) / deviation);
      onParts?.(candidate.slot, { [among]: part });
      candidate.score = kept * candidate.score + part;
    }
  }

  function byScore(a: Candidate, b: Candidate): number {
    return b.score - a.score || catalogue.publishedAtMs(b.slot) - catalogue.publishedAtMs(a.slot);
  }
}

/** Receives the parts of a score, for a page that explains it. */
export type OnParts = (slot: number, parts: ScoreParts) => void;

interface RankerWeight {
  readonly among: "list" | "pool";
  readonly worth: number;
  readonly trusted: number;
  /** Share of the score so far that remains beside a fully trusted ranker. */
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
