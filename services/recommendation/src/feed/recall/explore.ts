import type { Catalogue } from "../../catalogue/catalogue.js";
import type { Recall } from "../candidate.js";

/** Articles of the queue that a walk looks at; those behind move up as these are served. */
const QUEUE_LOOK = 200;

/** New articles not yet shown to enough readers, the one waiting longest first: each gets its exposures. */
export function explore(catalogue: Catalogue): Recall {
  return (reader, want, keep) => {
    const queue = catalogue.index(reader.channelId).explore;
    queue.settle();
    const named: number[] = [];
    for (let rank = 0; rank < Math.min(queue.size, QUEUE_LOOK) && named.length < want; rank += 1) {
      const slot = queue.at(rank);
      if (queue.isWaiting(slot) && keep(slot)) named.push(slot);
    }
    return named;
  };
}
