import { timingSafeEqual } from "node:crypto";
import { sign, tag } from "./batch-signer.js";
import {
  PAYLOAD_BYTES,
  PURPOSES,
  readPayload,
  readServed,
  SERVED_BYTES,
  type ServedArticle,
  type TrackKind,
  type TrackPayload,
} from "./payload.js";
import type { TrackKeys } from "./track-keys.js";

interface Refused {
  readonly ok: false;
  readonly reason: "malformed" | "unknown key" | "wrong signature" | "expired";
}

/** Verified fields of a token, or the reason why it is invalid. */
export type Tracked = { readonly ok: true; readonly payload: TrackPayload } | Refused;

/** The same of an exposure, with the articles of its batch. */
export type Exposed =
  | { readonly ok: true; readonly payload: TrackPayload; readonly served: readonly ServedArticle[] }
  | Refused;

/** 48 characters of payload; an exposure's goes on with its articles. */
const TOKEN = /^v1\.([\w-]{4})\.([\w-]{48,2048})\.([\w-]{10})$/;

/** Verifies a token for one kind of action; the caller compares the fields that it is bound to. */
export function verifyTrackToken(keys: TrackKeys, kind: TrackKind, token: string, nowMs: number): Tracked {
  const opened = open(keys, kind, token, nowMs);
  return opened.ok ? { ok: true, payload: opened.payload } : opened;
}

/** Verifies the token of an exposure, which can be of its own articles alone. */
export function verifyExposureToken(keys: TrackKeys, token: string, nowMs: number): Exposed {
  const opened = open(keys, "exposure", token, nowMs);
  return opened.ok ? { ok: true, payload: opened.payload, served: readServed(opened.bytes) } : opened;
}

type Opened = { readonly ok: true; readonly payload: TrackPayload; readonly bytes: Buffer } | Refused;

function open(keys: TrackKeys, kind: TrackKind, token: string, nowMs: number): Opened {
  const match = TOKEN.exec(token);
  if (match === null) return { ok: false, reason: "malformed" };
  const [, keyId = "", payloadText = "", given = ""] = match;
  const bytes = Buffer.from(payloadText, "base64url");
  if (!isWhole(bytes) || bytes.toString("base64url") !== payloadText) return { ok: false, reason: "malformed" };
  const key = keys.byId.get(keyId);
  if (key === undefined) return { ok: false, reason: "unknown key" };

  const expected = tag(sign(key, bytes), kind);
  if (!timingSafeEqual(Buffer.from(given), Buffer.from(expected)) || bytes[0] !== PURPOSES[kind]) {
    return { ok: false, reason: "wrong signature" };
  }
  const payload = readPayload(bytes);
  return payload.expiresAtSeconds * 1_000 > nowMs ? { ok: true, payload, bytes } : { ok: false, reason: "expired" };
}

function isWhole(bytes: Buffer): boolean {
  return bytes.length >= PAYLOAD_BYTES && (bytes.length - PAYLOAD_BYTES) % SERVED_BYTES === 0;
}
