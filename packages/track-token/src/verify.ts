import { timingSafeEqual } from "node:crypto";
import {
  PAYLOAD_BYTES,
  PURPOSE,
  readPayload,
  TAG_BYTES,
  TAG_OFFSET,
  type TrackKind,
  type TrackPayload,
} from "./payload.js";
import { sign } from "./sign.js";
import type { TrackKeys } from "./track-keys.js";

/** What a token says, or why it counts for nothing. */
export type Tracked =
  | { readonly ok: true; readonly payload: TrackPayload }
  | { readonly ok: false; readonly reason: "malformed" | "unknown key" | "wrong signature" | "expired" };

const TOKEN = /^v1\.([\w-]{4})\.([\w-]{48})\.([\w-]{11})$/;

/** Checks a token for one kind of action; what it is bound to is for the caller to compare. */
export function verifyTrackToken(keys: TrackKeys, kind: TrackKind, token: string, nowMs: number): Tracked {
  const match = TOKEN.exec(token);
  if (match === null) return { ok: false, reason: "malformed" };
  const [, keyId = "", payloadText = "", tagText = ""] = match;
  const key = keys.byId.get(keyId);
  if (key === undefined) return { ok: false, reason: "unknown key" };

  const payloadBytes = Buffer.from(payloadText, "base64url");
  const given = Buffer.from(tagText, "base64url");
  if (payloadBytes.length !== PAYLOAD_BYTES || given.length !== TAG_BYTES) return { ok: false, reason: "malformed" };
  const offset = TAG_OFFSET[kind];
  const expected = sign(key, PURPOSE[kind], payloadBytes).subarray(offset, offset + TAG_BYTES);
  if (!timingSafeEqual(given, expected)) return { ok: false, reason: "wrong signature" };

  const payload = readPayload(payloadBytes);
  return payload.expiresAtSeconds * 1_000 > nowMs ? { ok: true, payload } : { ok: false, reason: "expired" };
}
