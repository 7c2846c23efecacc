import { BatchSigner, type TrackKeys } from "@headline/track-token";

const HOUR_MS = 60 * 60 * 1_000;
const TOKEN_TTL_S = 24 * 60 * 60;
/** No ranking chose it: the reader came by a link. */
const BY_LINK = { channelId: 0, bucket: 0, reason: 0, position: 0 } as const;

/**
 * Tokens for an article that this reader was given by itself. All that are given within an hour are of one batch, so that what
 * is done counts once, however often the article is opened.
 */
export function linkTrace(keys: TrackKeys, userId: bigint, articleId: bigint, nowMs: number) {
  const stamp = Math.floor(nowMs / HOUR_MS) * HOUR_MS;
  const expiresAtSeconds = Math.floor(nowMs / 1_000) + TOKEN_TTL_S;
  const { channelId, bucket, reason, position } = BY_LINK;
  return new BatchSigner(keys, { userId, channelId, stamp, expiresAtSeconds, bucket }).article(
    articleId,
    reason,
    position,
  );
}
