import { ALL_CHANNELS, type Catalogue } from "../../catalogue/catalogue.js";
import type { Promotions } from "../../catalogue/promotions.js";
import type { Recall } from "../candidate.js";

/** One paid article that the reader was not served yet. Readers begin at different ones, so that all get their share. */
export function promoted(catalogue: Catalogue, promotions: Pick<Promotions, "on">): Recall {
  return (reader, _want, keep) => {
    const paid = promotions.on(reader.nowMs);
    if (paid.length === 0) return [];
    const first = Number(BigInt.asUintN(32, reader.userId) % BigInt(paid.length));
    for (let step = 0; step < paid.length; step += 1) {
      const slot = catalogue.slotOf(paid[(first + step) % paid.length]!.articleId);
      const isHere = reader.channelId === ALL_CHANNELS || catalogue.channelId(slot) === reader.channelId;
      if (isHere && keep(slot)) return [slot];
    }
    return [];
  };
}
