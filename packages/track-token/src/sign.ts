import { createHmac } from "node:crypto";
import {
  PAYLOAD_BYTES,
  PURPOSE,
  TAG_BYTES,
  TAG_OFFSET,
  type TrackKind,
  type TrackPayload,
  writePayload,
} from "./payload.js";
import type { TrackKey, TrackKeys } from "./track-keys.js";

/** The four tokens of one article: `v1.<key id>.<payload>.<tag>`, base64url, at most 80 characters. */
export interface ArticleTokens {
  readonly click: string;
  readonly collect: string;
  readonly read: string;
  readonly liking: string;
}

const payloadBytes = Buffer.alloc(PAYLOAD_BYTES);

export function signArticle(keys: TrackKeys, payload: TrackPayload): ArticleTokens {
  writePayload(payloadBytes, payload);
  const signature = sign(keys.current, "article", payloadBytes);
  const head = `v1.${keys.current.id}.${payloadBytes.toString("base64url")}.`;
  return {
    click: head + tag(signature, "click"),
    collect: head + tag(signature, "collect"),
    read: head + tag(signature, "read"),
    liking: head + tag(signature, "liking"),
  };
}

/** The token that says a batch was on the screen. */
export function signExposure(
  keys: TrackKeys,
  payload: Omit<TrackPayload, "articleId" | "position" | "reason">,
): string {
  writePayload(payloadBytes, { ...payload, articleId: 0n, position: 0, reason: 0 });
  const signature = sign(keys.current, PURPOSE.exposure, payloadBytes);
  return `v1.${keys.current.id}.${payloadBytes.toString("base64url")}.${tag(signature, "exposure")}`;
}

/** HMAC-SHA256 (RFC 2104) over the purpose and the payload; the key's id is derived from the key, so it needs no signature. */
export function sign(key: TrackKey, purpose: string, payload: Buffer): Buffer {
  return createHmac("sha256", key.secret).update(purpose).update(payload).digest();
}

function tag(signature: Buffer, kind: TrackKind): string {
  const offset = TAG_OFFSET[kind];
  return signature.toString("base64url", offset, offset + TAG_BYTES);
}
