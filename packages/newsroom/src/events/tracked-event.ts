/** Kinds of feedback on served articles, proved by tokens of the page. Undoing something is a kind of its own. */
export const UPLOADED_KINDS = [
  "exposure",
  "click",
  "read",
  "collect",
  "uncollect",
  "liking",
  "unliking",
  "dislike",
  "undislike",
  "block",
  "unblock",
] as const;

export type UploadedKind = (typeof UPLOADED_KINDS)[number];

/** Kinds of events. Comments carry no token; writing and deleting one appends its event. */
export const EVENT_KINDS = [...UPLOADED_KINDS, "comment", "uncomment"] as const;

export type EventKind = (typeof EVENT_KINDS)[number];

/** Why a reader dislikes an article: of no interest, seen before, poorly made, out of date. */
export const DISLIKE_WHYS = ["dull", "seen", "poor", "old"] as const;

export type DislikeWhy = (typeof DISLIKE_WHYS)[number];

/** An action of a reader on an article, mostly of a batch that was served; without one, stamp, reason, position and bucket are 0. */
export interface TrackedEvent {
  readonly kind: EventKind;
  /** Negative for a guest. */
  readonly userId: bigint;
  readonly articleId: bigint;
  readonly channelId: number;
  /** The batch: ms since the epoch. */
  readonly stamp: number;
  /** Why the article was chosen: the number of the wire's Reason. */
  readonly reason: number;
  /** Where in the batch it stood, from 0. */
  readonly position: number;
  /** Which ranker chose: the experiment bucket. */
  readonly bucket: number;
  /** Of a read: how long, as far as the client knows. */
  readonly durationMs: number | undefined;
  /** Of a dislike, where the reader said it; of its undoing: of which. */
  readonly why: DislikeWhy | undefined;
  /** Of a guest: the network it came from, as a number below 2^48 that says nothing of the address. */
  readonly network?: number | undefined;
  readonly happenedAtMs: number;
  readonly acceptedAtMs: number;
  /** Which of several in one batch, a UUID. Without it, only the first of (user, article, batch, kind) is kept. */
  readonly occurrence: string | undefined;
}

/** A TrackedEvent as it stands in the log. */
export interface LandedEvent extends TrackedEvent {
  /** Its place: what landed later has a larger id, for everybody. */
  readonly id: bigint;
  readonly landedAtMs: number;
}

/** Identity of an event, equal for its copies: the batch, and the place in it. */
export function batchOf({ userId, channelId, stamp }: TrackedEvent): string {
  return `${userId}:${channelId}:${stamp}`;
}

export function placeInBatch({ articleId, kind, occurrence }: TrackedEvent): string {
  return `${articleId}:${kind}:${occurrenceHex(occurrence)}`;
}

/** Sixteen bytes; zeroes stand for none. */
export function occurrenceHex(occurrence: string | undefined): string {
  return occurrence === undefined ? NONE : occurrence.replaceAll("-", "").toLowerCase();
}

const NONE = "0".repeat(32);
