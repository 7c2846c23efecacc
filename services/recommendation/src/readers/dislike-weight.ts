import type { DislikeWhy } from "@headline/newsroom/events";

/** How much of an article's topic, and of its author, a dislike says. Sums of powers of two: added and taken away, they leave nothing. */
export interface DislikeShare {
  readonly topic: number;
  readonly author: number;
}

/** What a dislike says that does not say why. */
const ALL: DislikeShare = { topic: 1, author: 1 };
/** Neither that the reader has seen it nor that it is old is the author's fault, and there is newer on the same topic. */
const HARDLY_ANYTHING: DislikeShare = { topic: 1 / 8, author: 0 };

const SAYS: Readonly<Record<DislikeWhy, DislikeShare>> = {
  dull: ALL,
  seen: HARDLY_ANYTHING,
  poor: { topic: 1 / 4, author: 1.5 },
  old: HARDLY_ANYTHING,
};

export function dislikeShare(why: DislikeWhy | undefined): DislikeShare {
  return why === undefined ? ALL : SAYS[why];
}
