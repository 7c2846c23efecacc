import type { DislikeWhy, EventKind, LandedEvent } from "@headline/newsroom/events";
import { dislikeShare } from "./dislike-weight.js";

/** Weight of a feedback event on the reader's interests. */
export interface FeedbackWeight {
  /** On the article's channel and the words of its title. */
  readonly topic: number;
  readonly author: number;
  /** Whether readers can take it back: no two such events that differ have the same `topic`. */
  readonly isUndoable: boolean;
}

/** Reactions that the ranker knows. */
type Reaction = "like" | "collect" | "comment" | "dislike";

/** Method of the ranker that learns from the event. */
export type RankerCall =
  | { readonly method: "clicked" | "readFor" | "blocked" | "unblocked" }
  | { readonly method: "reacted" | "unreacted"; readonly reaction: Reaction };

type Weighed = Pick<LandedEvent, "durationMs" | "why">;

/** Effects of one kind of event on all that is learnt; none where a field is left out. */
interface Feedback {
  /** Weight that is added to the reader's interests, or taken back where `isUndone`. */
  readonly weight?: (event: Weighed) => FeedbackWeight;
  readonly isUndone?: true;
  readonly ranker?: RankerCall;
  /** The article becomes a neighbour of what the reader read before. */
  readonly isRead?: true;
  /** The article stays out of the reader's feeds. */
  readonly isView?: true;
  /** Whose feeds a guest's event changes: everybody's, everybody's by the table of networks, or the guest's own alone. */
  readonly ofGuest: "everybody" | "by network" | "own feed";
}

const READ_MAX = 2;
const READ_WHOLE_S = 120;
const DISLIKE_WEIGHT = -4;

/** Effects of each kind of event. A new kind gets its line here; the compiler asks for it. */
export const FEEDBACK: Readonly<Record<EventKind, Feedback>> = {
  exposure: { isView: true, ofGuest: "by network" },
  click: { weight: once(1), ranker: { method: "clicked" }, isRead: true, isView: true, ofGuest: "by network" },
  read: { weight: readWeight, ranker: { method: "readFor" }, ofGuest: "by network" },
  comment: { weight: undoable(2), ranker: reacted("comment"), isRead: true, ofGuest: "everybody" },
  uncomment: { weight: undoable(2), isUndone: true, ranker: unreacted("comment"), ofGuest: "everybody" },
  collect: { weight: undoable(3), ranker: reacted("collect"), isRead: true, ofGuest: "everybody" },
  uncollect: { weight: undoable(3), isUndone: true, ranker: unreacted("collect"), ofGuest: "everybody" },
  liking: { weight: undoable(3), ranker: reacted("like"), isRead: true, ofGuest: "everybody" },
  unliking: { weight: undoable(3), isUndone: true, ranker: unreacted("like"), ofGuest: "everybody" },
  dislike: { weight: dislikeWeight, ranker: reacted("dislike"), ofGuest: "own feed" },
  undislike: { weight: dislikeWeight, isUndone: true, ranker: unreacted("dislike"), ofGuest: "own feed" },
  block: { ranker: { method: "blocked" }, ofGuest: "everybody" },
  unblock: { ranker: { method: "unblocked" }, ofGuest: "everybody" },
};

/** Kinds of events after which an article counts as viewed. */
export const VIEW_KINDS = Object.entries(FEEDBACK).flatMap(([kind, { isView }]) => (isView ? [kind] : []));

interface Weighable {
  readonly kind: EventKind;
  readonly durationMs?: number | undefined;
  readonly why?: DislikeWhy | undefined;
}

/** Weight of an event, and whether it takes that weight back; undefined for an event without weight. */
export function feedbackWeight({
  kind,
  durationMs,
  why,
}: Weighable): { weight: FeedbackWeight; isUndone: boolean } | undefined {
  const { weight, isUndone = false } = FEEDBACK[kind];
  return weight && { weight: weight({ durationMs, why }), isUndone };
}

function once(weight: number): () => FeedbackWeight {
  const fixed = { topic: weight, author: weight, isUndoable: false };
  return () => fixed;
}

function undoable(weight: number): () => FeedbackWeight {
  const fixed = { topic: weight, author: weight, isUndoable: true };
  return () => fixed;
}

/** Each doubling of the time adds as much as the one before, up to two minutes. */
function readWeight({ durationMs = 0 }: Weighed): FeedbackWeight {
  const share = Math.log2(1 + Math.max(0, durationMs / 1_000)) / Math.log2(1 + READ_WHOLE_S);
  const weight = READ_MAX * Math.min(1, share);
  return { topic: weight, author: weight, isUndoable: false };
}

function dislikeWeight({ why }: Weighed): FeedbackWeight {
  const { topic, author } = dislikeShare(why);
  return { topic: DISLIKE_WEIGHT * topic, author: DISLIKE_WEIGHT * author, isUndoable: true };
}

function reacted(reaction: Reaction): RankerCall {
  return { method: "reacted", reaction };
}

function unreacted(reaction: Reaction): RankerCall {
  return { method: "unreacted", reaction };
}
