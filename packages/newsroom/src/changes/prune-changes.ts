import { DATABASE_NOW_MS, type Mysql } from "@headline/mysql";

const KEEP_MS = 60 * 60 * 1_000;
const ROWS_AT_ONCE = 1_000;

/** Deletes what everybody has long seen, a thousand rows at a time, so that no lock is held for long. */
export async function pruneChanges(mysql: Mysql, signal?: AbortSignal): Promise<void> {
  while (!signal?.aborted) {
    const { affectedRows } = await mysql.write(
      `DELETE FROM changes WHERE created_at < ${DATABASE_NOW_MS} - ${KEEP_MS} ORDER BY seq LIMIT ${ROWS_AT_ONCE}`,
    );
    if (affectedRows < ROWS_AT_ONCE) return;
  }
}
