import type { Catalogue } from "../../catalogue/catalogue.js";
import type { ClickedLately } from "../../readers/clicked-lately.js";
import type { Recall } from "../candidate.js";
import { firstKept, inTurns } from "./first-kept.js";

/** Articles that many readers clicked lately, by each half-life, or reacted to, in turns. */
export function hot(catalogue: Catalogue, clicked: Pick<ClickedLately, "ordersOf">): Recall {
  return (reader, want, keep) => {
    const named = new Set<number>();
    const isNew = (slot: number) => {
      if (named.has(slot)) return false;
      named.add(slot);
      return keep(slot);
    };
    const walks = [...clicked.ordersOf(reader.channelId), catalogue.index(reader.channelId).hot];
    return firstKept(inTurns(walks), want, isNew, catalogue);
  };
}
