import { optionalPeer } from "../core/optional-peer.js";

/** Loads BullMQ at the first call; an error names the part that needs it. */
export function loadBullmq(neededBy: string): typeof import("bullmq") {
  return optionalPeer("bullmq", neededBy);
}
