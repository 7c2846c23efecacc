import type { DislikeWhy, EventKind } from "@headline/newsroom/events";
import { dislikeSays } from "./dislike-weight.js";

/** How much something a reader did says of what they like. */
export interface DeedWeight {
  /** Of the article's channel and the words of its title. */
  readonly topic: number;
  readonly author: number;
  /** Whether readers can take it back: no two such deeds that differ have the same `topic`. */
  readonly isUndoable: boolean;
}

const COMMENT_WEIGHT = 2;
const DISLIKE_WEIGHT = -4;
const READ_MAX = 2;
const READ_WHOLE_S = 120;

interface Did {
  readonly kind: EventKind;
  readonly durationMs?: number | undefined;
  readonly why?: DislikeWhy | undefined;
}

/** What a deed weighs, and whether it takes back that instead. Undefined when it says nothing. */
export function deedWeight({ kind, durationMs = 0, why }: Did): { weight: DeedWeight; isUndone: boolean } | undefined {
  switch (kind) {
    case "click":
      return { weight: { ...evenly(1), isUndoable: false }, isUndone: false };
    case "read":
      return { weight: { ...evenly(readWeight(durationMs / 1_000)), isUndoable: false }, isUndone: false };
    case "comment":
    case "uncomment":
      return { weight: evenly(COMMENT_WEIGHT), isUndone: kind === "uncomment" };
    case "collect":
    case "liking":
      return { weight: evenly(3), isUndone: false };
    case "uncollect":
    case "unliking":
      return { weight: evenly(3), isUndone: true };
    case "dislike":
    case "undislike":
      return { weight: dislikeWeight(why), isUndone: kind === "undislike" };
    default:
      return undefined;
  }
}

function dislikeWeight(why: DislikeWhy | undefined): DeedWeight {
  const { topic, author } = dislikeSays(why);
  return { topic: DISLIKE_WEIGHT * topic, author: DISLIKE_WEIGHT * author, isUndoable: true };
}

/** As much of the author as of the topic. */
function evenly(weight: number): DeedWeight {
  return { topic: weight, author: weight, isUndoable: true };
}

/** Each doubling of the time says as much as the one before, up to two minutes. */
function readWeight(seconds: number): number {
  return READ_MAX * Math.min(1, Math.log2(1 + Math.max(0, seconds)) / Math.log2(1 + READ_WHOLE_S));
}
