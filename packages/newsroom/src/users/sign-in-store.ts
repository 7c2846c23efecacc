import { DATABASE_NOW_MS, type Mysql, type Transaction } from "@headline/mysql";
import { appendChanges, type Change } from "../changes/index.js";
import type { ChangeTopic } from "../schema/index.js";

/** One sign-in on one device, from the password to the sign-out. */
export interface SignInRef {
  readonly signInId: bigint;
  /** Counts the refresh tokens of a sign-in: the newest one alone renews. */
  readonly generation: number;
}

/** A refresh token, verified. */
export interface RefreshClaims extends SignInRef {
  readonly userId: bigint;
}

export interface Ended {
  readonly count: number;
  readonly changes: readonly Change[];
}

/** A sign-in that has ended: its subject is the sign-in. */
export const SIGN_IN_TOPIC = "sign-in" satisfies ChangeTopic;
export const ACCESS_TTL_SECONDS = 2 * 60 * 60;
export const REFRESH_TTL_SECONDS = 14 * 24 * 60 * 60;
/** Time for which the token before the newest one still renews: its answer may have been lost. */
const RETRY_MS = 60_000;

/** Begins a sign-in. Undefined when the password is another one by now. */
export async function beginSignIn(mysql: Mysql, userId: bigint, passwordHash: string): Promise<SignInRef | undefined> {
  const { affectedRows, insertId } = await mysql.write(
    `INSERT INTO sign_ins (user_id, created_at, renewed_at)
     SELECT id, ${DATABASE_NOW_MS}, ${DATABASE_NOW_MS} FROM users WHERE id = ? AND password_hash = ?`,
    [userId, passwordHash],
  );
  return affectedRows === 0 ? undefined : { signInId: insertId, generation: 0 };
}

interface SignInRow {
  readonly generation: number;
  readonly ended_at: string | null;
  readonly may_retry: number | string;
}

/**
 * Takes the next refresh token of a sign-in. The one before the newest gets the newest again, for a minute; an older one is a
 * copy in other hands, and ends the sign-in. Without `renewed` the token does not count.
 */
export function renewGeneration(
  mysql: Mysql,
  { userId, signInId, generation }: RefreshClaims,
): Promise<{ renewed?: SignInRef; changes: readonly Change[] }> {
  return mysql.transaction(async (tx) => {
    const [row] = await tx.query<SignInRow>(
      `SELECT generation, ended_at, renewed_at > ${DATABASE_NOW_MS} - ${RETRY_MS} AS may_retry
         FROM sign_ins WHERE id = ? AND user_id = ? FOR UPDATE`,
      [signInId, userId],
    );
    if (row === undefined || row.ended_at !== null) return { changes: [] };
    if (generation === row.generation) {
      await tx.write(`UPDATE sign_ins SET generation = generation + 1, renewed_at = ${DATABASE_NOW_MS} WHERE id = ?`, [
        signInId,
      ]);
      return { renewed: { signInId, generation: generation + 1 }, changes: [] };
    }
    if (generation === row.generation - 1 && Number(row.may_retry) === 1)
      return { renewed: { signInId, generation: row.generation }, changes: [] };
    return { changes: (await end(tx, [signInId])).changes };
  });
}

/** Ends one sign-in of a user, again the same. */
export function endSignIn(mysql: Mysql, userId: bigint, signInId: bigint): Promise<Ended> {
  return mysql.transaction((tx) => endWhere(tx, "id = ?", userId, signInId));
}

/** Ends every sign-in of a user, for one of them that goes on. Undefined when that one has ended and another goes on. */
export function endSignIns(mysql: Mysql, userId: bigint, signInId: bigint | undefined): Promise<Ended | undefined> {
  return mysql.transaction(async (tx) => {
    const asking = await tx.query("SELECT 1 AS found FROM sign_ins WHERE id = ? AND user_id = ? AND ended_at IS NULL", [
      signInId ?? 0n,
      userId,
    ]);
    if (signInId === undefined || asking.length > 0) return endOthers(tx, userId, 0n);
    const left = await tx.query("SELECT 1 AS found FROM sign_ins WHERE user_id = ? AND ended_at IS NULL LIMIT 1", [
      userId,
    ]);
    return left.length === 0 ? { count: 0, changes: [] } : undefined;
  });
}

/** Ends every sign-in of a user but one. */
export function endOthers(tx: Transaction, userId: bigint, signInId: bigint): Promise<Ended> {
  return endWhere(tx, "id <> ?", userId, signInId);
}

/** Ids of sign-ins that ended while an access token of theirs may still be within its time. */
export async function lateSignIns(mysql: Mysql, count: number): Promise<bigint[]> {
  const rows = await mysql.query<{ id: string }>(
    `SELECT id FROM sign_ins WHERE ended_at > ${DATABASE_NOW_MS} - ${ACCESS_TTL_SECONDS * 1_000}
      ORDER BY ended_at DESC LIMIT ${count}`,
  );
  return rows.map(({ id }) => BigInt(id));
}

async function endWhere(tx: Transaction, which: string, userId: bigint, signInId: bigint): Promise<Ended> {
  const rows = await tx.query<{ id: string }>(
    `SELECT id FROM sign_ins WHERE user_id = ? AND ended_at IS NULL AND ${which} ORDER BY id FOR UPDATE`,
    [userId, signInId],
  );
  return end(
    tx,
    rows.map(({ id }) => BigInt(id)),
  );
}

async function end(tx: Transaction, signInIds: readonly bigint[]): Promise<Ended> {
  const [clock] = await tx.query<{ now_ms: string }>(`SELECT ${DATABASE_NOW_MS} AS now_ms`);
  const version = Number(clock?.now_ms);
  for (const id of signInIds) await tx.write("UPDATE sign_ins SET ended_at = ? WHERE id = ?", [version, id]);
  const changes = signInIds.map((subjectId): Change => ({ topic: SIGN_IN_TOPIC, subjectId, version }));
  if (changes.length > 0) await appendChanges(tx, ...changes);
  return { count: signInIds.length, changes };
}
