/** What a token can be used for. One kind is never worth anything as another. */
export type TrackKind = "click" | "collect" | "read" | "liking" | "exposure";

/** What a token is bound to. */
export interface TrackPayload {
  readonly userId: bigint;
  /** 0 for an exposure, which is about the whole batch. */
  readonly articleId: bigint;
  readonly channelId: number;
  /** The batch: ms since the epoch. */
  readonly stamp: number;
  /** Until when the token counts: seconds since the epoch. */
  readonly expiresAtSeconds: number;
  /** Why the article was chosen: the number of the wire's Reason. */
  readonly reason: number;
  /** Which ranker chose: the experiment bucket. */
  readonly bucket: number;
  /** Where in the batch the article stood, from 0. */
  readonly position: number;
}

export const PAYLOAD_BYTES = 36;

/** A fixed layout, so that signing a page writes into one buffer: big-endian, in the order of the fields above. */
export function writePayload(into: Buffer, payload: TrackPayload): void {
  into.writeBigInt64BE(payload.userId, 0);
  into.writeBigInt64BE(payload.articleId, 8);
  into.writeInt32BE(payload.channelId, 16);
  into.writeUIntBE(payload.stamp, 20, 6);
  into.writeUInt32BE(payload.expiresAtSeconds, 26);
  into.writeUInt8(payload.reason, 30);
  into.writeUInt8(payload.bucket, 31);
  into.writeUInt8(payload.position, 32);
  into.fill(0, 33, PAYLOAD_BYTES);
}

export function readPayload(from: Buffer): TrackPayload {
  return {
    userId: from.readBigInt64BE(0),
    articleId: from.readBigInt64BE(8),
    channelId: from.readInt32BE(16),
    stamp: from.readUIntBE(20, 6),
    expiresAtSeconds: from.readUInt32BE(26),
    reason: from.readUInt8(30),
    bucket: from.readUInt8(31),
    position: from.readUInt8(32),
  };
}

/**
 * Where a kind's tag lies in the signature. One HMAC makes the tags of all four kinds: each is 64 bits of it, and the
 * bits of one say nothing about the bits of another. An exposure signs another purpose, so its tag can never be a click's.
 */
export const TAG_BYTES = 8;
export const TAG_OFFSET: Readonly<Record<TrackKind, number>> = {
  click: 0,
  collect: 8,
  read: 16,
  liking: 24,
  exposure: 0,
};
export const PURPOSE: Readonly<Record<TrackKind, "article" | "exposure">> = {
  click: "article",
  collect: "article",
  read: "article",
  liking: "article",
  exposure: "exposure",
};
