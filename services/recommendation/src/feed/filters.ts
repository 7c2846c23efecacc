import type { Filter } from "./candidate.js";

/** How old an article may be to be recommended; the feed's order sees to freshness long before this. */
export const AGE_MAX_MS = 365 * 24 * 60 * 60 * 1_000;

/** Deleted, or not in the catalogue. */
export const listed: Filter = (slot, _reader, catalogue) => catalogue.isListed(slot);

/** Served inside the window, in any channel. */
export const unserved: Filter = (slot, reader) => !reader.served.has(slot);

export const notOwn: Filter = (slot, reader, catalogue) => catalogue.authorId(slot) !== reader.userId;

/** Neither too old nor not out yet. */
export const ofAge: Filter = (slot, reader, catalogue) => {
  const ageMs = reader.nowMs - catalogue.publishedAtMs(slot);
  return ageMs >= 0 && ageMs <= AGE_MAX_MS;
};
