import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../lib/root.mjs";

/** The accounts of the sample that can sign in, and the password that stands in the repository. */
export function demo() {
  return JSON.parse(readFileSync(join(root, "tools/content/demo.json"), "utf8"));
}

/**
 * The password of the demo accounts where it is the published one. Where other machines reach them (`isOpen`) they get a new one, which
 * is shown once; undefined when it is not the published one, or there are no such accounts.
 */
export async function settleDemoPassword({ mysql, isOpen, onProgress }) {
  const { names, password } = demo();
  const accounts = await mysql.query(
    `SELECT id, name, password_hash FROM users WHERE name IN (${names.map(() => "?").join(",")}) AND password_hash IS NOT NULL`,
    names,
  );
  if (accounts.length === 0) return undefined;
  const { hash, verify } = await import("@node-rs/argon2");
  const published = [];
  for (const account of accounts) if (await verify(account.password_hash, password)) published.push(account);
  if (published.length === 0 || !isOpen) return published.length === 0 ? undefined : password;
  const made = randomBytes(12).toString("base64url");
  const passwordHash = await hash(made);
  for (const { id } of published)
    await mysql.write("UPDATE users SET password_hash = ? WHERE id = ?", [passwordHash, id]);
  const who = published.map(({ name }) => name).join(" and ");
  onProgress(`other machines reach this: the password of ${who} is now ${made} (shown this once)`);
  return undefined;
}
