import type { Item } from "@headline/newsroom/articles";
import type { WithoutName } from "@headline/recommender";
import type { FeedQuery } from "./feed-query.js";

/** Validated request for a page. */
export interface PageRequest {
  readonly userId: bigint;
  readonly query: FeedQuery;
  readonly timeStamp: number;
  readonly traceparent: string | undefined;
  /** Records nothing: the page is not shown to a reader. */
  readonly dryRun: boolean;
}

/** An article on a page, the reason it is there, and the tokens that report what the reader did with it. */
export interface Pick {
  readonly articleId: bigint;
  /** A reason of the recommender, or PINNED. */
  readonly reason: string;
  readonly track: Track | undefined;
}

/** Reason of an article that stands on top of its channel. */
export const PINNED = "pinned";

export interface Track {
  readonly click: string;
  readonly collect: string;
  readonly read: string;
  readonly liking: string;
}

/** Origin of a page: the recommender's mode, `fallback` without the recommender, `end` behind the oldest page. */
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
  /** Token that confirms what was on the screen; "" where there is nothing to confirm. */
  readonly exposure: string;
  /** Cursor of this page: the batch's stamp, or the moment of the request. */
  readonly timestamp: number;
  /** Cursor of the next older page; 0 behind the oldest. */
  readonly preTimestamp: number;
  readonly hasMore: boolean;
  /** Facts of the reader that the recommender could not read in time and chose without. */
  readonly without: readonly WithoutName[];
}

/** An item for each pick; undefined where the article is deleted. */
export type Items = readonly (Item | undefined)[];

/** Picks with their items. */
export interface HydratedList {
  readonly picks: readonly Pick[];
  readonly items: Items;
}

/** A page with its items. */
export interface HydratedPage {
  readonly page: Page;
  readonly items: Items;
  /** Whether a dependency failed and the page is not what it would have been; decided by Fallback. */
  readonly degraded: boolean;
}

export const NO_PICKS: readonly Pick[] = [];
export const NOTHING_MISSED: Page["without"] = [];
