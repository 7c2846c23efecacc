import type { Catalogue } from "../../catalogue/catalogue.js";
import type { FeedReader, Recall } from "../candidate.js";
import { AGE_MAX_MS } from "../filters.js";
import { firstKept, newestWithin, type Walk } from "./first-kept.js";

/** Articles published last. Walks through all that are young enough, so that it finds any that is left. */
export function fresh(catalogue: Catalogue): Recall {
  return (reader, want, keep) => firstKept(newestOfAge(catalogue, reader), want, keep, catalogue);
}

/** A channel's articles that are out and not too old, the newest first; only those published after a moment, if one is named. */
export function newestOfAge(catalogue: Catalogue, { channelId, nowMs }: FeedReader, sinceMs = 0): Walk {
  return newestWithin(catalogue.index(channelId).fresh, Math.max(sinceMs, nowMs - AGE_MAX_MS - 1), nowMs);
}
