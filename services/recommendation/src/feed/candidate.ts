import type { Catalogue } from "../catalogue/catalogue.js";
import type { Aversion } from "../readers/block-lists.js";
import type { Seen } from "../readers/seen-articles.js";

/** Why an article is a candidate: the recall that named it first. The numbers are those of the wire's Reason. */
export const REASONS = { hot: 1, new: 2, followed: 3, explore: 4, promoted: 5, interest: 6, similar: 7 } as const;

export type ReasonNumber = (typeof REASONS)[keyof typeof REASONS];

/** An article that could be on the page. */
export interface Candidate {
  readonly slot: number;
  /** The author's number in the catalogue. */
  readonly author: number;
  readonly reason: ReasonNumber;
  /** Higher is better; in doublings of engagement (see hotness). */
  readonly score: number;
}

/** What the stages know of who asks, fetched once, before recall. */
export interface Reader {
  readonly userId: bigint;
  /** The channel asked for; 0 is all of them. */
  readonly channelId: number;
  readonly nowMs: number;
  readonly follows: ReadonlySet<bigint>;
  /** Slots in this reader's batches of any channel, with the moment the last one was made. */
  readonly served: ReadonlyMap<number, number>;
  /** Leaves out what was served however long ago: a walk back has come past it. */
  readonly onlyUnserved?: boolean;
  /** Slots that were on this reader's screen, or opened: they stay out for as long as they are remembered. */
  readonly seen: Seen;
  readonly aversion: Aversion;
}

/** Whether an article may be shown to a reader at all. */
export type Filter = (slot: number, reader: Reader, catalogue: Catalogue) => boolean;

/**
 * Names up to `want` articles for a reader, walking past those that `keep` refuses, so that who has read much is still
 * recalled a full page.
 */
export type Recall = (reader: Reader, want: number, keep: (slot: number) => boolean) => readonly number[];
