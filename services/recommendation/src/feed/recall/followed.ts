import { ALL_CHANNELS, type Catalogue } from "../../catalogue/catalogue.js";
import type { Recall } from "../candidate.js";
import { firstKept, newestFirst } from "./first-kept.js";

const PER_AUTHOR = 3;
/** Articles of an author that are looked through for one not served yet. */
const AUTHOR_LOOK_BACK = 50;

/** Latest articles of the authors whom the reader follows. */
export function followed(catalogue: Catalogue): Recall {
  return (reader, want, keep) => {
    const inChannel = (slot: number) =>
      keep(slot) && (reader.channelId === ALL_CHANNELS || catalogue.channelId(slot) === reader.channelId);
    const latest: number[] = [];
    for (const authorId of reader.follows) {
      const articles = catalogue.byAuthor(authorId);
      if (articles === undefined || articles.size === 0) continue;
      const walk = newestFirst(articles);
      for (let rank = 0, taken = 0; rank < Math.min(walk.size, AUTHOR_LOOK_BACK) && taken < PER_AUTHOR; rank += 1) {
        if (!inChannel(walk.at(rank))) continue;
        latest.push(walk.at(rank));
        taken += 1;
      }
    }
    latest.sort((a, b) => catalogue.publishedAtMs(b) - catalogue.publishedAtMs(a));
    return firstKept({ size: latest.length, at: (rank) => latest[rank] as number }, want, () => true, catalogue);
  };
}
