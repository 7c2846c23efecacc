import { timingSafeEqual } from "node:crypto";
import { sign, tag } from "./batch-signer.js";
import { PURPOSES, readPayload, type TrackKind, type TrackPayload } from "./payload.js";
import type { TrackKeys } from "./track-keys.js";

/** What a token says, or why it counts for nothing. */
export type Tracked =
  | { readonly ok: true; readonly payload: TrackPayload }
  | { readonly ok: false; readonly reason: "malformed" | "unknown key" | "wrong signature" | "expired" };

const TOKEN = /^v1\.([\w-]{4})\.([\w-]{48})\.([\w-]{10})$/;

/** Checks a token for one kind of action; what it is bound to is for the caller to compare. */
export function verifyTrackToken(keys: TrackKeys, kind: TrackKind, token: string, nowMs: number): Tracked {
  const match = TOKEN.exec(token);
  if (match === null) return { ok: false, reason: "malformed" };
  const [, keyId = "", payloadText = "", given = ""] = match;
  const key = keys.byId.get(keyId);
  if (key === undefined) return { ok: false, reason: "unknown key" };

  const bytes = Buffer.from(payloadText, "base64url");
  const expected = tag(sign(key, bytes), kind);
  if (!timingSafeEqual(Buffer.from(given), Buffer.from(expected)) || bytes[0] !== PURPOSES[kind]) {
    return { ok: false, reason: "wrong signature" };
  }
  const payload = readPayload(bytes);
  return payload.expiresAtSeconds * 1_000 > nowMs ? { ok: true, payload } : { ok: false, reason: "expired" };
}
