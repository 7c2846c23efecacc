import { createHash } from "node:crypto";
import { ShortHmac } from "./short-hmac.js";

/** Keys that sign and verify tracking tokens. */
export interface TrackKeys {
  /** Signs new tokens. */
  readonly current: TrackKey;
  /** Verifies: the current key and the ones before it, by id. */
  readonly byId: ReadonlyMap<string, TrackKey>;
}

export interface TrackKey {
  readonly id: string;
  readonly hmac: ShortHmac;
}

const SECRET_BYTES_MIN = 32;

/**
 * The keys of tracking tokens. To rotate, make the old secret `previous` until its tokens have expired. A key's id is the
 * start of a hash of it, so it needs no name.
 *
 * @throws TypeError when a secret is shorter than 32 bytes.
 */
export function openTrackKeys(secret: string, previous?: string): TrackKeys {
  const current = trackKey("TRACK_SECRET", secret);
  const keys = previous === undefined ? [current] : [current, trackKey("TRACK_SECRET_PREVIOUS", previous)];
  return { current, byId: new Map(keys.map((key) => [key.id, key])) };
}

function trackKey(name: string, text: string): TrackKey {
  const secret = Buffer.from(text, "utf8");
  if (secret.length < SECRET_BYTES_MIN) {
    throw new TypeError(`${name} needs at least ${SECRET_BYTES_MIN} bytes and has ${secret.length}`);
  }
  const id = createHash("sha256").update("track-key-id").update(secret).digest("base64url").slice(0, 4);
  return { id, hmac: new ShortHmac(secret) };
}
