import type { Catalogue } from "../../catalogue/catalogue.js";
import type { Recall } from "../candidate.js";
import { firstKept } from "./first-kept.js";

/** Articles that many readers reacted to lately. */
export function hot(catalogue: Catalogue): Recall {
  return (reader, want, keep) => firstKept(catalogue.index(reader.channelId).hot, want, keep, catalogue);
}
