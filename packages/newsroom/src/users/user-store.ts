import { DATABASE_NOW_MS, idList, isDuplicate, type Mysql, type Statements, WANTED_IDS } from "@headline/mysql";
import type { Versioned } from "@headline/redis";
import { Refusal } from "@headline/service/errors";
import { z } from "zod";
import { appendChanges, type Change } from "../changes/index.js";
import { fillNameKeys } from "./fill-name-keys.js";
import { canonicalName, nameKeys } from "./name.js";

export interface User {
  readonly userId: bigint;
  readonly name: string;
  readonly about: string;
  readonly createdAt: string;
}

interface UserRow {
  readonly id: string;
  readonly name: string;
  readonly about: string;
  readonly created_at: string;
}

/** Newer than "there is no such user", older than any user. */
export const NEW_USER_VERSION = 1;
/** Limit of older names that one sign-up fills in. */
const UNKEYED_MAX = 2_000;
const NEW_MS = 24 * 60 * 60 * 1_000;

const Stored = z.object({
  userId: z.string().regex(/^\d+$/).transform(BigInt),
  name: z.string(),
  about: z.string(),
  createdAt: z.iso.datetime(),
});

/** The user that a cache holds. Throws for what is none. */
export function readUser(bytes: Uint8Array): User {
  return Stored.parse(JSON.parse(Buffer.from(bytes).toString()));
}

/**
 * Users by id in one statement; one that cannot be read is reported and left out. A profile does not change yet, so when it
 * was made is its version.
 */
export async function loadUsers(
  mysql: Mysql,
  ids: readonly bigint[],
  onUnreadable: (error: Error) => void,
): Promise<Map<bigint, Versioned<User>>> {
  const rows = await mysql.query<UserRow>(
    `SELECT u.id, name, about, created_at FROM ${WANTED_IDS} STRAIGHT_JOIN users u ON u.id = want.id`,
    [idList(ids)],
  );
  return new Map(
    rows.map((row) => [BigInt(row.id), { version: Number(row.created_at), value: readableUser(row, onUnreadable) }]),
  );
}

function readableUser(row: UserRow, onUnreadable: (error: Error) => void): User | undefined {
  try {
    return toUser(row);
  } catch (cause) {
    onUnreadable(new Error(`user ${row.id} cannot be read`, { cause }));
    return undefined;
  }
}

/** @throws Refusal ALREADY_EXISTS when the name is taken, or looks like one that is. */
export async function insertUser(mysql: Mysql, name: string, passwordHash: string): Promise<Change> {
  const { skeleton, folded } = nameKeys(name);
  if (!(await fillNameKeys(mysql, UNKEYED_MAX)))
    throw new Refusal("UNAVAILABLE", "names are still compared with those of before", { retryAfterSeconds: 2 });
  try {
    return await mysql.transaction(async (tx) => {
      const { insertId } = await tx.write(
        `INSERT INTO users (name, name_skeleton, name_folded, password_hash, created_at) VALUES (?, ?, ?, ?, ${DATABASE_NOW_MS})`,
        [name, skeleton, folded, passwordHash],
      );
      const change: Change = { topic: "user", subjectId: insertId, version: NEW_USER_VERSION };
      await appendChanges(tx, change);
      return change;
    });
  } catch (error) {
    if (!isDuplicate(error)) throw error;
    const detail = "is taken, or looks like one that is";
    throw new Refusal("ALREADY_EXISTS", `name ${detail}`, { cause: error, fields: [{ field: "name", detail }] });
  }
}

/** A user who can sign in with a password. */
export interface Account {
  readonly userId: bigint;
  readonly name: string;
  readonly hash: string;
  /** Whether the sign-up was so lately that its answer may have been lost. */
  readonly isNew: boolean;
}

interface AccountRow {
  readonly id: string;
  readonly name: string;
  readonly password_hash: string | null;
  readonly is_new: number | string;
}

const ACCOUNT_COLUMNS = `id, name, password_hash, created_at > ${DATABASE_NOW_MS} - ${NEW_MS} AS is_new`;

/** The user of a name, in whichever of its forms it is given: composed or not, wide or not, with spaces around. */
export async function findAccount(mysql: Mysql, given: string): Promise<Account | undefined> {
  const name = canonicalName(given);
  const forms = [given.trim(), name, given.trim().normalize("NFC"), given.trim().normalize("NFD")];
  const rows = await mysql.query<AccountRow>(
    `SELECT ${ACCOUNT_COLUMNS} FROM users WHERE name IN (?, ?, ?, ?)
      UNION SELECT ${ACCOUNT_COLUMNS} FROM users WHERE name_skeleton = ?`,
    [...forms, nameKeys(name).skeleton],
  );
  const row =
    forms.map((form) => rows.find((candidate) => candidate.name === form)).find((found) => found !== undefined) ??
    rows.find((candidate) => canonicalName(candidate.name) === name);
  return row && toAccount(row);
}

export async function accountOf(on: Statements, userId: bigint): Promise<Account | undefined> {
  const [row] = await on.query<AccountRow>(`SELECT ${ACCOUNT_COLUMNS} FROM users WHERE id = ?`, [userId]);
  return row && toAccount(row);
}

/** False when the password was changed meanwhile. */
export async function setPassword(on: Statements, { userId, hash }: Account, newHash: string): Promise<boolean> {
  const { affectedRows } = await on.write("UPDATE users SET password_hash = ? WHERE id = ? AND password_hash = ?", [
    newHash,
    userId,
    hash,
  ]);
  return affectedRows === 1;
}

function toAccount({ id, name, password_hash: hash, is_new }: AccountRow): Account | undefined {
  return hash ? { userId: BigInt(id), name, hash, isNew: Number(is_new) === 1 } : undefined;
}

function toUser(row: UserRow): User {
  return {
    userId: BigInt(row.id),
    name: row.name,
    about: row.about,
    createdAt: new Date(Number(row.created_at)).toISOString(),
  };
}
