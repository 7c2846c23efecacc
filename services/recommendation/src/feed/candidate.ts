import { REASONS as DECLARED, type KnownReason } from "@headline/recommender/reasons";
import type { Catalogue } from "../catalogue/catalogue.js";
import type { BlockList } from "../readers/block-lists.js";
import type { Seen } from "../readers/seen-articles.js";

/** Reason of a candidate: the recall that named it first. */
export type Reason = KnownReason;
export type ReasonNumber = (typeof DECLARED)[Reason]["number"];

/** Numbers of the reasons on the wire. */
export const REASONS = Object.fromEntries(Object.entries(DECLARED).map(([reason, { number }]) => [reason, number])) as {
  readonly [Name in Reason]: (typeof DECLARED)[Name]["number"];
};

/** An article that could be on the page. */
export interface Candidate {
  readonly slot: number;
  /** Number of the author in the catalogue. */
  readonly author: number;
  readonly reason: ReasonNumber;
  /** Higher is better; in doublings of engagement (see hotness). */
  readonly score: number;
}

/** Facts about the reader of a page, read once, before recall. */
export interface FeedReader {
  readonly userId: bigint;
  /** Channel of the page; 0 is all of them. */
  readonly channelId: number;
  readonly nowMs: number;
  readonly follows: ReadonlySet<bigint>;
  /** Slots in this reader's batches of any channel, with the moment the last one was made. */
  readonly served: ReadonlyMap<number, number>;
  /** Leaves out articles served however long ago: a walk back has come past them. */
  readonly onlyUnserved?: boolean;
  /** Slots that were on this reader's screen, or opened: they stay out for as long as they are remembered. */
  readonly seen: Seen;
  readonly blockList: BlockList;
}

/** Whether an article may be shown to a reader at all. */
export type Filter = (slot: number, reader: FeedReader, catalogue: Catalogue) => boolean;

/** Names up to `want` articles for a reader, and walks past those that `keep` refuses, so that the page of a heavy reader is full. */
export type Recall = (reader: FeedReader, want: number, keep: (slot: number) => boolean) => readonly number[];

/** A recall with the reason of its candidates, and how many it names for each place on the page. */
export interface PlannedRecall {
  readonly reason: Reason;
  readonly recall: Recall;
  readonly perPlace: number;
}
