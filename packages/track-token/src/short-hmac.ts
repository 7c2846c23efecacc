import { createHmac, hash } from "node:crypto";

/** Bytes of a block of SHA-256. */
const BLOCK = 64;
const DIGEST = 32;
const INNER_PAD = 0x36;
const OUTER_PAD = 0x5c;
/** Longer payloads take a streaming Hmac. */
const PAYLOAD_MAX = 1_024;

/**
 * HMAC-SHA256 (RFC 2104) of short payloads, base64url, by two one-shot digests: an Hmac object costs more to create and to collect than
 * its digest costs to compute (about 3 µs against 1.3 µs on Node 20).
 */
export class ShortHmac {
  readonly #secret: Buffer;
  readonly #inner: Buffer;
  readonly #outer: Buffer;

  constructor(secret: Buffer) {
    this.#secret = secret;
    const key = secret.length > BLOCK ? Buffer.from(hash("sha256", secret, "hex"), "hex") : secret;
    this.#inner = padded(key, INNER_PAD, PAYLOAD_MAX);
    this.#outer = padded(key, OUTER_PAD, DIGEST);
  }

  sign(payload: Buffer): string {
    if (payload.length > PAYLOAD_MAX) return createHmac("sha256", this.#secret).update(payload).digest("base64url");
    payload.copy(this.#inner, BLOCK);
    // latin1 keeps the bytes; `hash` has no form that writes into a buffer.
    const digest = hash("sha256", this.#inner.subarray(0, BLOCK + payload.length), "latin1" as "hex");
    this.#outer.write(digest, BLOCK, "latin1");
    return hash("sha256", this.#outer, "base64url");
  }
}

/** A block of the key and the pad, with room for what is hashed behind it. */
function padded(key: Buffer, pad: number, room: number): Buffer {
  const block = Buffer.alloc(BLOCK + room, pad);
  for (let at = 0; at < key.length; at += 1) block[at] = (key[at] as number) ^ pad;
  return block;
}
