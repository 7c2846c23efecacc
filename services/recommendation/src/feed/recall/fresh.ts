import type { Catalogue } from "../../catalogue/catalogue.js";
import type { Recall } from "../candidate.js";
import { firstKept, newestFirst } from "./first-kept.js";

/** What was published last. Walks as far as it takes, so while anything is left it finds it. */
export function fresh(catalogue: Catalogue): Recall {
  return (reader, want, keep) => firstKept(newestFirst(catalogue.shelf(reader.channelId).fresh), want, keep, catalogue);
}
