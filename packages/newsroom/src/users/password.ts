import { hash, verify } from "@node-rs/argon2";
import { dictionary } from "@zxcvbn-ts/language-common";

/** Common ones are compared as they are typed on any keyboard, in any case. */
const common = new Set(dictionary["passwords-common"].map(plain));

/** A password by the OpaqueString profile (RFC 8265 §4.2): every space is a space, and NFC; case and width stay. */
export function opaquePassword(given: string): string {
  return given.replaceAll(/\p{Zs}/gu, " ").normalize("NFC");
}

export function hashPassword(given: string): Promise<string> {
  return hash(opaquePassword(given));
}

/** Whether a password is the one that was hashed, also by a version that hashed passwords as they were typed. */
export async function verifyPassword(expected: string, given: string): Promise<boolean> {
  for (const typed of new Set([opaquePassword(given), given, given.normalize("NFC"), given.normalize("NFD")]))
    if (await verify(expected, typed)) return true;
  return false;
}

/** Whether it is among the passwords that are tried first, or one character again and again. */
export function isCommonPassword(given: string): boolean {
  const password = plain(given);
  return common.has(password) || new Set(password).size === 1;
}

function plain(password: string): string {
  return password.normalize("NFKC").trim().toLowerCase();
}
