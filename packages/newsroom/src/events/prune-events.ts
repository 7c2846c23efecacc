import { DATABASE_NOW_MS, type Mysql } from "@headline/mysql";

interface Options {
  readonly mysql: Mysql;
  /** Younger events stay, by when they landed. */
  readonly keptMs: number;
  /** The last event that may be deleted: every follower is past it. */
  readonly upTo: bigint;
  readonly signal: AbortSignal;
}

const EVENTS_AT_ONCE = 1_000;

/**
 * Deletes the beginning of the log, up to the first event that is young or above `upTo`; answers how many went. What stays has no
 * gaps. Each chunk is found without locks and is one range of ids, which no writer touches any more; that it is gone is
 * written down with it.
 */
export async function pruneEvents({ mysql, keptMs, upTo, signal }: Options): Promise<number> {
  let deleted = 0;
  for (;;) {
    signal.throwIfAborted();
    const oldest = await mysql.query<{ id: string; is_old: number | string }>(
      `SELECT id, landed_at < ${DATABASE_NOW_MS} - ? AS is_old FROM events WHERE id <= ? ORDER BY id LIMIT ${EVENTS_AT_ONCE}`,
      [keptMs, upTo],
    );
    const firstYoung = oldest.findIndex(({ is_old }) => Number(is_old) !== 1);
    const old = firstYoung === -1 ? oldest : oldest.slice(0, firstYoung);
    const last = old.at(-1);
    if (last === undefined) return deleted;
    deleted += await deleteUpTo(mysql, BigInt(last.id));
    if (old.length < EVENTS_AT_ONCE) return deleted;
  }
}

/** The last event that was pruned, 0n while the log is whole. */
export async function prunedUpTo(mysql: Mysql): Promise<bigint> {
  const [row] = await mysql.query<{ up_to: string }>("SELECT up_to FROM event_prunings");
  return BigInt(row?.up_to ?? 0);
}

function deleteUpTo(mysql: Mysql, last: bigint): Promise<number> {
  return mysql.transaction(async (tx) => {
    await tx.write(
      `INSERT INTO event_prunings (id, up_to, pruned_at) VALUES (1, ?, ${DATABASE_NOW_MS})
       ON DUPLICATE KEY UPDATE up_to = GREATEST(up_to, VALUES(up_to)), pruned_at = VALUES(pruned_at)`,
      [last],
    );
    const { affectedRows } = await tx.write("DELETE FROM events WHERE id <= ?", [last]);
    return affectedRows;
  });
}
