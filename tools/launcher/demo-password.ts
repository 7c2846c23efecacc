import { randomBytes } from "node:crypto";
import type { Mysql } from "@headline/mysql";
import { hash, verify } from "@node-rs/argon2";
import { demo } from "../content/demo.js";

interface Account {
  readonly id: string;
  readonly name: string;
  readonly password_hash: string;
}

interface Settling {
  readonly mysql: Mysql;
  /** Whether other machines reach the gateway. */
  readonly isOpen: boolean;
  readonly onProgress: (line: string) => void;
}

/**
 * Returns the password of the demo accounts where it is the published one. Where other machines reach them they get a new one, which is
 * shown once; undefined when it is not the published one, or there are no such accounts.
 */
export async function settleDemoPassword({ mysql, isOpen, onProgress }: Settling): Promise<string | undefined> {
  const { names, password } = demo();
  const accounts = await mysql.query<Account>(
    `SELECT id, name, password_hash FROM users WHERE name IN (${names.map(() => "?").join(",")}) AND password_hash IS NOT NULL`,
    [...names],
  );
  const published: Account[] = [];
  for (const account of accounts) if (await verify(account.password_hash, password)) published.push(account);
  if (published.length === 0) return undefined;
  if (!isOpen) return password;
  await replacePassword(mysql, published, onProgress);
  return undefined;
}

async function replacePassword(
  mysql: Mysql,
  accounts: readonly Account[],
  onProgress: (line: string) => void,
): Promise<void> {
  const made = randomBytes(12).toString("base64url");
  const passwordHash = await hash(made);
  for (const { id } of accounts)
    await mysql.write("UPDATE users SET password_hash = ? WHERE id = ?", [passwordHash, id]);
  const names = accounts.map(({ name }) => name).join(" and ");
  onProgress(`other machines reach this: the password of ${names} is now ${made} (shown this once)`);
}
