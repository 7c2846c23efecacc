import { optionalPeer } from "../core/optional-peer.js";

/** BullMQ, loaded at the first call. */
export function loadBullmq(neededBy: string): typeof import("bullmq") {
  return optionalPeer("bullmq", neededBy);
}
