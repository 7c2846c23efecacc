/** Origin of a kind's events: a token that proves them, or the gateway. */
interface Origin {
  /** Token of an article that proves an upload; without one the gateway appends the event itself. */
  readonly token?: "click" | "read" | "collect" | "liking" | "exposure";
  /** Whether readers can take it back, so that its row is kept (reactions/reaction.ts). */
  readonly isReaction?: true;
}

/** Kinds of events; undoing something is a kind of its own. Having been served is proof enough to dislike, or to block the author. */
const KINDS = {
  exposure: { token: "exposure" },
  click: { token: "click" },
  read: { token: "read" },
  collect: { token: "collect", isReaction: true },
  uncollect: { token: "collect", isReaction: true },
  liking: { token: "liking", isReaction: true },
  unliking: { token: "liking", isReaction: true },
  dislike: { token: "click", isReaction: true },
  undislike: { token: "click", isReaction: true },
  block: { token: "click", isReaction: true },
  unblock: { token: "click", isReaction: true },
  comment: {},
  uncomment: {},
} as const satisfies Readonly<Record<string, Origin>>;

type Kinds = typeof KINDS;
type KindsWith<Field extends Partial<Origin>> = {
  [Kind in keyof Kinds]: Kinds[Kind] extends Field ? Kind : never;
}[keyof Kinds];

export type EventKind = keyof Kinds;
/** Kinds that readers upload. */
export type UploadedKind = KindsWith<{ readonly token: NonNullable<Origin["token"]> }>;
/** Kinds that readers can take back, or take back with. */
export type ReactionKind = KindsWith<{ readonly isReaction: true }>;

export const EVENT_KINDS = Object.keys(KINDS) as EventKind[];
export const UPLOADED_KINDS = EVENT_KINDS.filter((kind) => "token" in KINDS[kind]) as UploadedKind[];

/** The token that proves an event of this kind. */
export function tokenOf<Kind extends UploadedKind>(kind: Kind): Kinds[Kind]["token"] {
  return KINDS[kind].token;
}

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
