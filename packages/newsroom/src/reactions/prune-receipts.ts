import { DATABASE_NOW_MS, type Mysql } from "@headline/mysql";
import { poll } from "@headline/service/timing";

/** Longer than the token of an event counts. */
const KEEP_MS = 48 * 60 * 60 * 1_000;
const ROWS_AT_ONCE = 1_000;
const EVERY_MS = 10 * 60 * 1_000;

/** Deletes the receipts of events whose tokens have expired, now and then, until the returned function is called. */
export function keepPruningReceipts(mysql: Mysql, onError: (error: unknown) => void): () => Promise<void> {
  const stopped = new AbortController();
  const { signal } = stopped;
  const pruning = poll(() => pruneReceipts(mysql, signal), { everyMs: EVERY_MS, signal, onError, ref: false });
  return async () => {
    stopped.abort();
    await pruning;
  };
}

/** A thousand rows at a time, so that no lock is held for long. */
export async function pruneReceipts(mysql: Mysql, signal?: AbortSignal): Promise<void> {
  while (!signal?.aborted) {
    const { affectedRows } = await mysql.write(
      `DELETE FROM reaction_receipts WHERE created_at < ${DATABASE_NOW_MS} - ${KEEP_MS} ORDER BY created_at LIMIT ${ROWS_AT_ONCE}`,
    );
    if (affectedRows < ROWS_AT_ONCE) return;
  }
}
