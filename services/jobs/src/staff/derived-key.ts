import { hkdfSync } from "node:crypto";

const KEY_BYTES = 32;

/** A key for one purpose (RFC 5869): nothing that is signed with the secret for another purpose counts for this one. */
export function derivedKey(secret: string, purpose: string): Buffer {
  return Buffer.from(hkdfSync("sha256", secret, "", purpose, KEY_BYTES));
}
