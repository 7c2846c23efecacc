import type { DislikeWhy } from "@headline/newsroom/events";

/** Shares of a dislike's weight on topic and author. Sums of powers of two: added and taken away, they leave nothing. */
export interface DislikeShare {
  readonly topic: number;
  readonly author: number;
}

/** Shares of a dislike without a reason. */
const ALL: DislikeShare = { topic: 1, author: 1 };
/** That the reader has seen it, or that it is old, is not the author's fault, and there is newer on the same topic. */
const HARDLY_ANY: DislikeShare = { topic: 1 / 8, author: 0 };

const SHARES: Readonly<Record<DislikeWhy, DislikeShare>> = {
  dull: ALL,
  seen: HARDLY_ANY,
  poor: { topic: 1 / 4, author: 1.5 },
  old: HARDLY_ANY,
};

export function dislikeShare(why: DislikeWhy | undefined): DislikeShare {
  return why === undefined ? ALL : SHARES[why];
}
