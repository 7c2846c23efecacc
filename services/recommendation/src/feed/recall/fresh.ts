import type { Catalogue } from "../../catalogue/catalogue.js";
import type { Recall } from "../candidate.js";
import { AGE_MAX_MS } from "../filters.js";
import { firstKept, newestWithin } from "./first-kept.js";

/** What was published last. Walks as far as it takes through what is young enough, so while anything is left it finds it. */
export function fresh(catalogue: Catalogue): Recall {
  return (reader, want, keep) => {
    const list = catalogue.shelf(reader.channelId).fresh;
    const walk = newestWithin(list, reader.nowMs - AGE_MAX_MS - 1, reader.nowMs);
    return firstKept(walk, want, keep, catalogue);
  };
}
