import { createHash } from "node:crypto";
import { DATABASE_NOW_MS, isCut, isDuplicate, isGivenUp, isLocked, type Transaction } from "@headline/mysql";
import { Refusal } from "@headline/service/errors";

/** A request that may be sent again. Without a key it is done each time. */
export interface KeyedRequest {
  readonly userId: bigint;
  readonly key: string | undefined;
  /** The request's content: a key stands for one content only. */
  readonly body: unknown;
}

/** The id of what a request made; `again` when an earlier one with the same key made it. */
export interface Answer<Made> {
  readonly id: bigint;
  readonly again: boolean;
  readonly made: Made | undefined;
}

const KEY_KEPT_MS = 24 * 60 * 60 * 1_000;

/**
 * Makes something once for each key of a user, in the transaction that makes it.
 *
 * @throws Refusal ALREADY_EXISTS while a request with the same key is running; FAILED_PRECONDITION when the key was used
 * for another body.
 */
export async function answerOnce<Made extends { readonly id: bigint }>(
  tx: Transaction,
  { userId, key, body }: KeyedRequest,
  make: () => Promise<Made>,
): Promise<Answer<Made>> {
  if (key === undefined) {
    const made = await make();
    return { id: made.id, again: false, made };
  }
  const hash = createHash("sha256").update(JSON.stringify(body)).digest("hex");
  const before = await claimKey(tx, userId, key, hash);
  if (before !== undefined) return { id: before, again: true, made: undefined };
  const made = await make();
  await tx.write("UPDATE idempotency_keys SET answer_id = ? WHERE user_id = ? AND idempotency_key = ?", [
    made.id,
    userId,
    key,
  ]);
  return { id: made.id, again: false, made };
}

/**
 * Takes the key for this request, or answers what it stands for. Of two requests at once, the second finds the first's
 * row locked (409), or waits for its INSERT and then finds what it wrote, or gives up waiting (409).
 */
async function claimKey(tx: Transaction, userId: bigint, key: string, hash: string): Promise<bigint | undefined> {
  const used = await answerOfKey(tx, userId, key, hash);
  if (used !== undefined) return used;
  try {
    await tx.write(
      `INSERT INTO idempotency_keys (user_id, idempotency_key, request_hash, created_at) VALUES (?, ?, ?, ${DATABASE_NOW_MS})`,
      [userId, key, hash],
    );
    return undefined;
  } catch (error) {
    if (isDuplicate(error)) return answerOfKey(tx, userId, key, hash);
    // MariaDB gives up an INSERT that waits too long; on MySQL it is we who do.
    throw isGivenUp(error) || isCut(error) ? stillRunning(error) : error;
  }
}

function stillRunning(cause: unknown): Refusal {
  return new Refusal("ALREADY_EXISTS", "a request with this Idempotency-Key is still running", { cause });
}

/**
 * Use of the key. A key past its retention is free again, and its row is deleted.
 *
 * @throws Refusal ALREADY_EXISTS while another request has it.
 */
async function answerOfKey(tx: Transaction, userId: bigint, key: string, hash: string): Promise<bigint | undefined> {
  const [used] = await readKey(tx, userId, key).catch((error: unknown) => {
    throw isLocked(error) ? stillRunning(error) : error;
  });
  if (used === undefined) return undefined;
  if (Number(used.is_over) === 1) {
    await tx.write("DELETE FROM idempotency_keys WHERE user_id = ? AND idempotency_key = ?", [userId, key]);
    return undefined;
  }
  if (used.request_hash === hash) return BigInt(used.answer_id);
  throw new Refusal("FAILED_PRECONDITION", "this Idempotency-Key was used for another body");
}

interface KeyRow {
  readonly request_hash: string;
  readonly answer_id: string;
  readonly is_over: number | string;
}

function readKey(tx: Transaction, userId: bigint, key: string): Promise<readonly KeyRow[]> {
  return tx.query<KeyRow>(
    `SELECT request_hash, answer_id, created_at < ${DATABASE_NOW_MS} - ${KEY_KEPT_MS} AS is_over
       FROM idempotency_keys WHERE user_id = ? AND idempotency_key = ? FOR UPDATE NOWAIT`,
    [userId, key],
  );
}
