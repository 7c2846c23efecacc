import type { Catalogue } from "../../catalogue/catalogue.js";
import type { Recall } from "../candidate.js";
import { engagementDoublings } from "../hot-key.js";
import { firstKept } from "./first-kept.js";

/** Less engagement than seven likes, log2(1 + 7) = 3, is not many readers; a little below, because keys are rounded. */
const DOUBLINGS_MIN = 2.9;

/** What many readers reacted to lately. */
export function hot(catalogue: Catalogue): Recall {
  return (reader, want, keep) => {
    const isHot = (slot: number) =>
      engagementDoublings(catalogue.hotKey(slot), catalogue.publishedAtMs(slot)) >= DOUBLINGS_MIN && keep(slot);
    return firstKept(catalogue.shelf(reader.channelId).hot, want, isHot, catalogue);
  };
}
