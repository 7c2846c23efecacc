import type { Look } from "./reading.js";

export const FEEDS = ["ours", "popularity", "oracle"] as const;
export type FeedName = (typeof FEEDS)[number];

/** Readers' feedback on one feed in one round. */
export interface Tally {
  pages: number;
  looks: number;
  clicks: number;
}

export type Round = Readonly<Record<FeedName, Tally>>;

/** Summary of a run: the click rates of its first and its last third, and where ours stands between the others. */
export interface Summary {
  readonly first: Readonly<Record<FeedName, number>>;
  readonly last: Readonly<Record<FeedName, number>>;
  /** Ours ÷ popularity and ours ÷ oracle in the last third. */
  readonly overPopularity: number;
  readonly overOracle: number;
  /** In the last third: 0 where ours is no better than popularity, 1 where it is as good as the oracle. */
  readonly shareOfPossibleGain: number;
}

export function emptyRound(): Round {
  return { ours: emptyTally(), popularity: emptyTally(), oracle: emptyTally() };
}

export function count(tally: Tally, looks: readonly Look[]): void {
  tally.pages += 1;
  tally.looks += looks.length;
  tally.clicks += looks.filter(({ clicked }) => clicked).length;
}

/** Clicks for each article looked at; NaN without any view. */
export function clickRate(rounds: readonly Round[], feed: FeedName): number {
  let [looks, clicks] = [0, 0];
  for (const round of rounds) {
    looks += round[feed].looks;
    clicks += round[feed].clicks;
  }
  return clicks / looks;
}

export function summaryOf(rounds: readonly Round[]): Summary {
  const third = Math.max(1, Math.floor(rounds.length / 3));
  const first = ratesOf(rounds.slice(0, third));
  const last = ratesOf(rounds.slice(-third));
  return {
    first,
    last,
    overPopularity: last.ours / last.popularity,
    overOracle: last.ours / last.oracle,
    shareOfPossibleGain: (last.ours - last.popularity) / (last.oracle - last.popularity),
  };
}

function ratesOf(rounds: readonly Round[]): Record<FeedName, number> {
  const rate = (feed: FeedName) => clickRate(rounds, feed);
  return { ours: rate("ours"), popularity: rate("popularity"), oracle: rate("oracle") };
}

function emptyTally(): Tally {
  return { pages: 0, looks: 0, clicks: 0 };
}
