import type { MakeTokens } from "@headline/recommender";
import { BatchSigner, type TrackKeys } from "@headline/track-token";

/** Signs the tokens of a page that the recommender returned without. */
export function pageTokens(keys: TrackKeys): MakeTokens {
  return ({ userId, channelId, stamp, bucket, expiresAt, confirmable, articles }) => {
    if (stamp === 0n) return { exposure: "", tracks: [] };
    const binding = { userId, channelId, stamp: Number(stamp), bucket, expiresAtSeconds: expiresAt };
    const signer = new BatchSigner(keys, binding);
    const tracks = articles.map(({ articleId, reason, position }) => signer.article(articleId, reason, position));
    return { tracks, exposure: confirmable ? signer.exposure() : "" };
  };
}
