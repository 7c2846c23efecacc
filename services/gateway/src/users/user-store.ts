import { appendChanges, type Change, DATABASE_NOW_MS } from "@headline/change-feed";
import { Refusal } from "@headline/errors";
import { inList, isDuplicate, type Mysql } from "@headline/mysql";
import type { Versioned } from "@headline/redis";

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

/** Users by id in one statement. A profile does not change yet, so when it was made is its version. */
export async function loadUsers(mysql: Mysql, ids: readonly bigint[]): Promise<Map<bigint, Versioned<User>>> {
  const rows = await mysql.query<UserRow>(`SELECT id, name, about, created_at FROM users WHERE id IN (${inList(ids)})`);
  return new Map(rows.map((row) => [BigInt(row.id), { version: Number(row.created_at), value: toUser(row) }]));
}

/** @throws Refusal ALREADY_EXISTS when the name is taken. */
export async function insertUser(mysql: Mysql, name: string, passwordHash: string): Promise<Change> {
  try {
    return await mysql.transaction(async (tx) => {
      const { insertId } = await tx.write(
        `INSERT INTO users (name, password_hash, created_at) VALUES (?, ?, ${DATABASE_NOW_MS})`,
        [name, passwordHash],
      );
      const change = { topic: "user", subjectId: insertId, version: NEW_USER_VERSION };
      await appendChanges(tx, change);
      return change;
    });
  } catch (error) {
    if (!isDuplicate(error)) throw error;
    const detail = "is taken";
    throw new Refusal("ALREADY_EXISTS", `name ${detail}`, { cause: error, fields: [{ field: "name", detail }] });
  }
}

export async function isFollowing(mysql: Mysql, userId: bigint, authorId: bigint): Promise<boolean> {
  const rows = await mysql.query("SELECT 1 AS follows FROM follows WHERE user_id = ? AND author_id = ?", [
    userId,
    authorId,
  ]);
  return rows.length > 0;
}

export async function passwordHashOf(
  mysql: Mysql,
  name: string,
): Promise<{ userId: bigint; hash: string } | undefined> {
  const [row] = await mysql.query<{ id: string; password_hash: string | null }>(
    "SELECT id, password_hash FROM users WHERE name = ?",
    [name],
  );
  return row?.password_hash ? { userId: BigInt(row.id), hash: row.password_hash } : undefined;
}

function toUser(row: UserRow): User {
  return {
    userId: BigInt(row.id),
    name: row.name,
    about: row.about,
    createdAt: new Date(Number(row.created_at)).toISOString(),
  };
}
