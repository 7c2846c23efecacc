/**
 * Half-life of an article's engagement: replaying a week of a real news site's log, clicks
 * decayed with 8 h ranked better than with 2 h or not at all (docs/decisions/0005-hot-is-a-key-that-never-moves.md).
 */
export const HALF_LIFE_MS = 8 * 60 * 60 * 1_000;

export interface Engagement {
  readonly likes: number;
  readonly comments: number;
  readonly collects: number;
}

/**
 * Orders articles by engagement decayed with time, without looking at the clock: log2 of (1 + e) · 2^(-age / half-life)
 * is log2(1 + e) + published / half-life − now / half-life, and the last term is the same for all. So the order changes only
 * when a count does, never because time passes.
 */
export function hotKey(engagement: Engagement, publishedAtMs: number): number {
  return Math.log2(1 + weight(engagement)) + publishedAtMs / HALF_LIFE_MS;
}

/** The decayed engagement in doublings: 0 for a new article without any, −1 for one a half-life older. */
export function hotness(key: number, nowMs: number): number {
  return key - nowMs / HALF_LIFE_MS;
}

/** Less engagement than seven likes, log2(1 + 7) = 3, is not many readers; a little below, because keys are rounded. */
const HOT_DOUBLINGS = 2.9;

/** Whether many readers reacted to the article, whenever that was: log2(1 + e) is the key without its age. */
export function isHot(key: number, publishedAtMs: number): boolean {
  return key - publishedAtMs / HALF_LIFE_MS >= HOT_DOUBLINGS;
}

/** Writing costs a reader more than tapping, keeping says more than liking. */
function weight({ likes, comments, collects }: Engagement): number {
  return likes + 2 * comments + 3 * collects;
}
