import type { WithoutName } from "@headline/rpc";

/** An article on a page: which, why, and what tells us what the reader did with it. */
export interface Pick {
  readonly articleId: bigint;
  readonly reason: string;
  readonly track: Track | undefined;
}

export interface Track {
  readonly click: string;
  readonly collect: string;
  readonly read: string;
  readonly liking: string;
}

/** How a page came about: as the recommender says, or without it; `end` is where older pages end. */
export const PAGE_MODES = [
  "refresh",
  "continued",
  "replay",
  "history",
  "coalesced",
  "exhausted",
  "unspecified",
  "fallback",
  "end",
] as const;

/** One page of the feed, before it is hydrated. */
export interface Page {
  readonly mode: (typeof PAGE_MODES)[number];
  readonly picks: readonly Pick[];
  readonly exposure: string;
  /** Send it again to get this page again: the batch's stamp, or what was asked for. */
  readonly timestamp: number;
  /** Where to go on into older pages; 0 where they end. */
  readonly preTimestamp: number;
  readonly hasMore: boolean;
  /** Nothing is left to serve. */
  readonly exhausted: boolean;
  /** The recommendation service did not answer; this is the next best thing. */
  readonly degraded: boolean;
  /** Of the reader, what the recommender did not learn in time and chose without. */
  readonly without: readonly WithoutName[];
}

export const NO_PICKS: readonly Pick[] = [];
