import type { Filter } from "./candidate.js";

/** Greatest age of a recommended article; the feed's order sees to freshness long before it. */
export const AGE_MAX_MS = 365 * 24 * 60 * 60 * 1_000;

/** Deleted, or not in the catalogue. */
export const listed: Filter = (slot, _reader, catalogue) => catalogue.isListed(slot);

/** Served is not seen: an article without a confirmed view comes back after this long. */
export const SECOND_CHANCE_MS = 6 * 60 * 60 * 1_000;

/** Time from which the filters of a refresh need the served articles. */
export function servedCutoffMs(nowMs: number): number {
  return nowMs - SECOND_CHANCE_MS;
}

/** Not served inside the window, in any channel, or so long ago that it has its second chance. */
export const unserved: Filter = (slot, reader) => {
  const servedAt = reader.served.get(slot);
  return servedAt === undefined || (reader.onlyUnserved !== true && reader.nowMs - servedAt >= SECOND_CHANCE_MS);
};

export const unseen: Filter = (slot, reader) => !reader.seen.has(slot);

/** Neither the article is disliked nor its author blocked. */
export const notBlocked: Filter = (slot, { blockList }, catalogue) =>
  !(blockList.blocked.size > 0 && blockList.blocked.has(catalogue.authorId(slot))) &&
  !(blockList.disliked.size > 0 && blockList.disliked.has(catalogue.articleId(slot)));

export const notOwn: Filter = (slot, reader, catalogue) => catalogue.authorId(slot) !== reader.userId;

/** Neither too old nor not out yet. */
export const ofAge: Filter = (slot, reader, catalogue) => {
  const ageMs = reader.nowMs - catalogue.publishedAtMs(slot);
  return ageMs >= 0 && ageMs <= AGE_MAX_MS;
};
