import { DATABASE_NOW_MS, type Mysql } from "@headline/mysql";

interface OldRows {
  readonly table: string;
  /** A column of epoch ms. */
  readonly time: string;
  readonly where?: string;
  readonly keepMs: number;
}

const ROWS_AT_ONCE = 1_000;

/** Deletes old rows, a thousand at a time so that no lock is held for long; returns their number. The names are never a caller's. */
export async function deleteInChunks(
  mysql: Mysql,
  { table, time, where = "TRUE", keepMs }: OldRows,
  signal: AbortSignal,
): Promise<number> {
  let deleted = 0;
  for (;;) {
    signal.throwIfAborted();
    const { affectedRows } = await mysql.write(
      `DELETE FROM ${table} WHERE ${where} AND ${time} < ${DATABASE_NOW_MS} - ${keepMs} LIMIT ${ROWS_AT_ONCE}`,
    );
    deleted += affectedRows;
    if (affectedRows < ROWS_AT_ONCE) return deleted;
  }
}
