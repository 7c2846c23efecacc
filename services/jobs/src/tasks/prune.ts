import type { Mysql } from "@headline/mysql";
import { DATABASE_NOW_MS } from "@headline/mysql";

interface Prune {
  /** A table and a condition of our own, never a caller's. */
  readonly table: string;
  /** The column that holds an age, after any condition that rows to be deleted meet as well. */
  readonly olderThan: string;
  readonly keptMs: number;
  readonly signal: AbortSignal;
}

const ROWS_AT_ONCE = 1_000;

/** Deletes old rows, a thousand at a time so that no lock is held for long; answers how many. */
export async function deleteInChunks(mysql: Mysql, { table, olderThan, keptMs, signal }: Prune): Promise<number> {
  let deleted = 0;
  for (;;) {
    signal.throwIfAborted();
    const { affectedRows } = await mysql.write(
      `DELETE FROM ${table} WHERE ${olderThan} < ${DATABASE_NOW_MS} - ${keptMs} LIMIT ${ROWS_AT_ONCE}`,
    );
    deleted += affectedRows;
    if (affectedRows < ROWS_AT_ONCE) return deleted;
  }
}
