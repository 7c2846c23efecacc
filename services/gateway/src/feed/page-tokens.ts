import type { MakeTokens } from "@headline/recommender";
import { BatchSigner, type TrackKeys } from "@headline/track-token";
import { SignedTrack } from "./signed-track.js";

/** Makes the tokens of a page that the recommender returned without; those of its articles are signed as they are written. */
export function pageTokens(keys: TrackKeys): MakeTokens {
  return ({ userId, channelId, stamp, bucket, expiresAt, confirmable, articles }) => {
    if (stamp === 0n) return { exposure: "", tracks: [] };
    const binding = { userId, channelId, stamp: Number(stamp), bucket, expiresAtSeconds: expiresAt };
    const signer = new BatchSigner(keys, binding);
    const tracks = articles.map((article) => new SignedTrack(signer, article));
    return { tracks, exposure: confirmable ? signer.exposure(articles) : "" };
  };
}
