import type { DislikeWhy, ReactionKind, UploadedKind } from "../events/index.js";
import type { ChangeTopic } from "../schema/index.js";

/** A reader's opinion of an article or its author, which can be undone. */
export interface Reaction {
  readonly kind: ReactionKind;
  readonly userId: bigint;
  readonly articleId: bigint;
  /** The same event coming again changes nothing, whatever has happened since. */
  readonly eventId: string;
  /** Of a dislike, where the reader says it. */
  readonly why: DislikeWhy | undefined;
}

export type { ReactionKind };

/** Table of a reaction, and whether it adds or deletes a row. */
export interface ReactionTarget {
  readonly table: "article_collects" | "article_likes" | "article_dislikes" | "author_blocks";
  readonly adds: boolean;
  /** Of the article's statistics. */
  readonly counter?: "likes" | "collects";
  /** Of its author's. */
  readonly authorCounter?: "likes_received";
  /** Topic of the reader's change; counted reactions reach the recommender with the article's statistics. */
  readonly topic?: Extract<ChangeTopic, "dislikes" | "blocks">;
}

const COLLECTS = { table: "article_collects", counter: "collects" } as const;
const LIKES = { table: "article_likes", counter: "likes", authorCounter: "likes_received" } as const;
const DISLIKES = { table: "article_dislikes", topic: "dislikes" } as const;
const BLOCKS = { table: "author_blocks", topic: "blocks" } as const;

export const REACTION_TARGETS: Readonly<Record<ReactionKind, ReactionTarget>> = {
  collect: { ...COLLECTS, adds: true },
  uncollect: { ...COLLECTS, adds: false },
  liking: { ...LIKES, adds: true },
  unliking: { ...LIKES, adds: false },
  dislike: { ...DISLIKES, adds: true },
  undislike: { ...DISLIKES, adds: false },
  block: { ...BLOCKS, adds: true },
  unblock: { ...BLOCKS, adds: false },
};

export function isReaction(kind: UploadedKind): kind is ReactionKind {
  return Object.hasOwn(REACTION_TARGETS, kind);
}

/** True for reactions with a public count, which only signed-in users may change. */
export function isCounted(kind: ReactionKind): boolean {
  return REACTION_TARGETS[kind].counter !== undefined;
}
