import type { EventKind } from "@headline/event-log";

/** What a comment, which is no event of the log, is worth. */
export const COMMENT_WEIGHT = 2;

const READ_MAX = 2;
const READ_WHOLE_S = 120;

/** How much what a reader did says of what they like, and whether it takes back that instead. Undefined when it says nothing. */
export function deedWeight(kind: EventKind, durationMs = 0): { weight: number; isUndone: boolean } | undefined {
  switch (kind) {
    case "click":
      return { weight: 1, isUndone: false };
    case "read":
      return { weight: readWeight(durationMs / 1_000), isUndone: false };
    case "collect":
    case "liking":
      return { weight: 3, isUndone: false };
    case "uncollect":
    case "unliking":
      return { weight: 3, isUndone: true };
    case "dislike":
      return { weight: -4, isUndone: false };
    case "undislike":
      return { weight: -4, isUndone: true };
    default:
      return undefined;
  }
}

/** Each doubling of the time says as much as the one before, up to two minutes. */
function readWeight(seconds: number): number {
  return READ_MAX * Math.min(1, Math.log2(1 + Math.max(0, seconds)) / Math.log2(1 + READ_WHOLE_S));
}
