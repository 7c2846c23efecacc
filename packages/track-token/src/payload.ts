/** Purpose of a token; a token of one purpose is invalid for any other. */
export type TrackKind = "click" | "collect" | "read" | "liking" | "exposure";

/** Fields that all tokens of one batch are bound to. */
export interface BatchBinding {
  readonly userId: bigint;
  readonly channelId: number;
  /** Stamp of the batch, in ms since the epoch. */
  readonly stamp: number;
  /** Expiry of the tokens, in seconds since the epoch. */
  readonly expiresAtSeconds: number;
  /** Experiment bucket, which names the ranking. */
  readonly bucket: number;
}

/** Article of a batch. */
export interface ServedArticle {
  readonly articleId: bigint;
  /** Reason of the article, the number of the wire's Reason. */
  readonly reason: number;
  /** Place of the article in the batch, from 0. */
  readonly position: number;
}

/** Fields that a token is bound to; the article's are 0 in an exposure, which is about the whole batch. */
export interface TrackPayload extends BatchBinding, ServedArticle {}

/**
 * A fixed layout, big-endian. The first 24 bytes are the batch's and the last 12 the article's, so that a page encodes its
 * batch once; both are multiples of three bytes, so their base64url can be joined.
 *
 *   purpose u8 · bucket u8 · user i64 · channel i32 · stamp u48 · expires u32 | article i64 · reason u8 · position u8 · 0 u16
 */
export const BATCH_BYTES = 24;
export const PAYLOAD_BYTES = 36;
/** Characters of base64url of either part. */
export const BATCH_CHARACTERS = 32;
export const ARTICLE_CHARACTERS = 16;
/** Behind an exposure's payload, for each article of its batch: article i64 · reason u8 · position u8. */
export const SERVED_BYTES = 10;

/** Purpose as it is signed, so that an exposure's payload is never an article's. */
export const PURPOSES: Readonly<Record<TrackKind, number>> = { click: 1, collect: 1, read: 1, liking: 1, exposure: 2 };

export function writeBatch(into: DataView, purpose: number, batch: BatchBinding): void {
  into.setUint8(0, purpose);
  into.setUint8(1, batch.bucket);
  into.setBigInt64(2, batch.userId);
  into.setInt32(10, batch.channelId);
  into.setUint16(14, batch.stamp / 2 ** 32);
  into.setUint32(16, batch.stamp % 2 ** 32);
  into.setUint32(20, batch.expiresAtSeconds);
}

export function writeArticle(into: DataView, articleId: bigint, reason: number, position: number): void {
  into.setBigInt64(24, articleId);
  into.setUint8(32, reason);
  into.setUint8(33, position);
  into.setUint16(34, 0);
}

export function readPayload(from: Buffer): TrackPayload {
  return {
    bucket: from.readUInt8(1),
    userId: from.readBigInt64BE(2),
    channelId: from.readInt32BE(10),
    stamp: from.readUIntBE(14, 6),
    expiresAtSeconds: from.readUInt32BE(20),
    articleId: from.readBigInt64BE(24),
    reason: from.readUInt8(32),
    position: from.readUInt8(33),
  };
}

/**
 * Where a kind's tag stands in the base64url text of the signature. One HMAC makes the tags of all four kinds: each is ten
 * characters of it, 60 bits, and those of one say nothing about those of another.
 */
export const TAG_CHARACTERS = 10;
export const TAG_OFFSET: Readonly<Record<TrackKind, number>> = {
  click: 0,
  collect: 10,
  read: 20,
  liking: 30,
  exposure: 0,
};

export function writeServed(served: readonly ServedArticle[]): Buffer {
  const into = Buffer.alloc(SERVED_BYTES * served.length);
  for (const [index, { articleId, reason, position }] of served.entries()) {
    into.writeBigInt64BE(articleId, SERVED_BYTES * index);
    into.writeUInt8(reason, SERVED_BYTES * index + 8);
    into.writeUInt8(position, SERVED_BYTES * index + 9);
  }
  return into;
}

/** Encodes the articles behind an exposure's payload. */
export function readServed(from: Buffer): ServedArticle[] {
  const served: ServedArticle[] = [];
  for (let at = PAYLOAD_BYTES; at < from.length; at += SERVED_BYTES) {
    served.push({
      articleId: from.readBigInt64BE(at),
      reason: from.readUInt8(at + 8),
      position: from.readUInt8(at + 9),
    });
  }
  return served;
}
