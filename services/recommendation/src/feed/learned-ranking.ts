import type { Catalogue } from "../catalogue/catalogue.js";
import { hotness } from "../catalogue/hotness.js";
import type { Candidate, FeedReader } from "./candidate.js";
import { type Recalled, type Scored, scoredByRules } from "./rank.js";

/** The part of packages/ranking that is used here. */
export interface OnlineRanker {
  /** Higher is better; valid until the next call. */
  score(
    pool: { readonly reader: bigint; readonly articles: readonly bigint[]; readonly atMs: number },
    among: "pool",
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

/** Candidates that the ranker scores, at some 4 µs each. */
const SCORED_MAX = 150;
/** Doublings of engagement that an affinity of 1 is worth… */
const INTEREST_WORTH = 12;
/** …and one standard deviation of the ranker's score, once it is trusted. */
const RANKER_WORTH = 1.5;
/** Share that remains then of what readers said: whom they follow, what they dislike and are drawn to… */
const SAID_SHARE = 0.35;
/** …and of hotness, which the ranker knows better. */
const HOTNESS_SHARE = 0.05;

/** Ranks by the rules of `rank`, the reader's interests, and, as it learns, ever more by the online ranker. */
export function learnedRanking({ catalogue, ranker, trust, interests }: Deps) {
  let affinity = new Float64Array(256);

  return (recalled: readonly Recalled[], reader: FeedReader, onParts?: OnParts): Candidate[] => {
    const trusted = reader.userId === 0n ? 0 : trust();
    const { first, rest } = trusted === 0 ? { first: recalled, rest: [] } : divided(recalled);
    const candidates = scored(first, reader, onParts);
    if (trusted > 0 && candidates.length > 1) addRanker(candidates, reader, trusted, onParts);
    return [...candidates.sort(byScore), ...scored(rest, reader, onParts).sort(byScore)];
  };

  /** By the rules and the reader's interests. */
  function scored(recalled: readonly Recalled[], reader: FeedReader, onParts: OnParts | undefined): Scored[] {
    const candidates = scoredByRules(recalled, reader, catalogue);
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
    return candidates;
  }

  function addRanker(
    candidates: readonly Scored[],
    { userId, nowMs }: FeedReader,
    trusted: number,
    onParts: OnParts | undefined,
  ): void {
    const articles = candidates.map(({ slot }) => catalogue.articleId(slot));
    const scores = ranker.score({ reader: userId, articles, atMs: nowMs }, "pool");
    const { mean, deviation } = momentsOf(scores.subarray(0, candidates.length));
    const kept = (share: number) => 1 - trusted * (1 - share);
    const [keptSaid, keptHotness] = [kept(SAID_SHARE), kept(HOTNESS_SHARE)];
    for (let index = 0; index < candidates.length; index += 1) {
      const candidate = candidates[index]!;
      const part = deviation === 0 ? 0 : trusted * RANKER_WORTH * ((scores[index]! - mean) / deviation);
      onParts?.(candidate.slot, { pool: part });
      const hot = hotness(catalogue.hotKey(candidate.slot), nowMs);
      candidate.score = keptSaid * (candidate.score - hot) + keptHotness * hot + part;
    }
  }

  function byScore(a: Candidate, b: Candidate): number {
    return b.score - a.score || catalogue.publishedAtMs(b.slot) - catalogue.publishedAtMs(a.slot);
  }
}

/** Receives the parts of a score, for a page that explains it. */
export type OnParts = (slot: number, parts: ScoreParts) => void;

/** The candidates that the ranker scores, and those that it does not where there are too many: each recall keeps its first. */
function divided(recalled: readonly Recalled[]): { first: readonly Recalled[]; rest: readonly Recalled[] } {
  if (recalled.length <= SCORED_MAX) return { first: recalled, rest: [] };
  const places = new Map<Recalled["reason"], number>();
  const inTurns = recalled.map((candidate, index) => {
    const place = places.get(candidate.reason) ?? 0;
    places.set(candidate.reason, place + 1);
    return { candidate, place, index };
  });
  inTurns.sort((a, b) => a.place - b.place || a.index - b.index);
  const candidates = inTurns.map(({ candidate }) => candidate);
  return { first: candidates.slice(0, SCORED_MAX), rest: candidates.slice(SCORED_MAX) };
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
