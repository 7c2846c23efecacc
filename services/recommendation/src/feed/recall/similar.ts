import { ALL_CHANNELS, type Catalogue } from "../../catalogue/catalogue.js";
import type { CoVisits } from "../../readers/co-visits.js";
import type { Recall } from "../candidate.js";
import { firstKept } from "./first-kept.js";

/** Last reads whose neighbours are taken, and the factor by which each weighs less than the one after it. */
const READS = 10;
const FADING = 0.85;

/** Articles read by the readers of what the reader read last. Takes the neighbours of ten articles at most. */
export function similar(catalogue: Catalogue, visits: Pick<CoVisits, "lastReads" | "eachNeighbour">): Recall {
  return (reader, want, keep) => {
    const inChannel = (slot: number) =>
      (reader.channelId === ALL_CHANNELS || catalogue.channelId(slot) === reader.channelId) && keep(slot);
    const reads = visits.lastReads(reader.userId);
    const scores = new Map<number, number>();
    let fading = 1;
    for (let age = 0; age < Math.min(READS, reads.length); age += 1, fading *= FADING) {
      const factor = fading;
      visits.eachNeighbour(reads[age]!, reader.nowMs, (slot, strength) => {
        scores.set(slot, (scores.get(slot) ?? 0) + strength * factor);
      });
    }
    for (const read of reads) scores.delete(read);
    const closest = [...scores].sort(([slotA, a], [slotB, b]) => b - a || slotB - slotA);
    return firstKept({ size: closest.length, at: (rank) => closest[rank]![0] }, want, inChannel, catalogue);
  };
}
