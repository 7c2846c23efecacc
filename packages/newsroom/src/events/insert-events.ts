import { DATABASE_NOW_MS, type Mysql, type Transaction } from "@headline/mysql";
import { encodeEvent } from "./event-row.js";
import { hasReading, insertReadings } from "./insert-readings.js";
import { batchOf, placeInBatch, type TrackedEvent } from "./tracked-event.js";

/**
 * The server drops a writer that falls silent in its turn: one that is gone without a goodbye would keep everybody waiting for
 * hours. MariaDB looks at transactions, MySQL at connections.
 */
const LIMIT_SILENCE = "SET /*M!100300 SESSION idle_transaction_timeout = 5 */ /*!80000 SESSION wait_timeout = 5 */";

/**
 * Writes events, each once however often it comes, and answers which were new; what was opened stands in the histories of its
 * readers with the same commit. Writers take turns, from before their ids are
 * given until their transaction is committed, so ids are in the order of the commits: a reader that is past an id has
 * missed nothing below it.
 */
export async function insertEvents(mysql: Mysql, events: readonly TrackedEvent[]): Promise<readonly boolean[]> {
  if (events.length === 0) return [];
  const rows = `[${events.map(encodeEvent).join(",")}]`;
  const all = new Set(events.map(keyOf));
  const fresh = await mysql.transaction(async (tx) => {
    await tx.write(LIMIT_SILENCE);
    await tx.write("INSERT INTO event_turns (id) VALUES (1) ON DUPLICATE KEY UPDATE id = id");
    const before = await newestId(tx);
    const { affectedRows } = await tx.write(INSERT, [rows]);
    if (affectedRows === 0) return new Set<string>();
    if (hasReading(events)) await insertReadings(tx, before);
    return affectedRows === all.size ? all : keysAfter(tx, before);
  });
  return events.map((event) => fresh.delete(keyOf(event)));
}

/** One parameter, so one prepared statement, whatever the number of events. */
const INSERT = `
  INSERT IGNORE INTO events (user_id, channel_id, stamp, article_id, kind, occurrence, reason, position, bucket,
                             duration_ms, why, network, happened_at, accepted_at, landed_at)
  SELECT user_id, channel_id, stamp, article_id, kind, UNHEX(occurrence), reason, position, bucket,
         duration_ms, why, network, happened_at, accepted_at, ${DATABASE_NOW_MS}
    FROM JSON_TABLE(?, '$[*]' COLUMNS (
           place FOR ORDINALITY,
           kind VARCHAR(12) PATH '$[0]', user_id BIGINT PATH '$[1]', channel_id INT PATH '$[2]', stamp BIGINT PATH '$[3]',
           article_id BIGINT PATH '$[4]', occurrence VARCHAR(32) PATH '$[5]', reason INT PATH '$[6]',
           position INT PATH '$[7]', bucket INT PATH '$[8]', duration_ms INT PATH '$[9]',
           happened_at BIGINT PATH '$[10]', accepted_at BIGINT PATH '$[11]',
           why VARCHAR(8) PATH '$[12]', network BIGINT PATH '$[13]')) AS incoming
   ORDER BY place`;

async function newestId(tx: Transaction): Promise<bigint> {
  const [row] = await tx.query<{ id: string | null }>("SELECT MAX(id) AS id FROM events");
  return BigInt(row?.id ?? 0);
}

interface KeyRow {
  readonly user_id: string;
  readonly channel_id: number;
  readonly stamp: string;
  readonly article_id: string;
  readonly kind: string;
  readonly occurrence: string;
}

/** Rows of this turn, which no other turn can have written. */
async function keysAfter(tx: Transaction, before: bigint): Promise<Set<string>> {
  const rows = await tx.query<KeyRow>(
    `SELECT user_id, channel_id, stamp, article_id, kind, LOWER(HEX(occurrence)) AS occurrence FROM events WHERE id > ?`,
    [before],
  );
  return new Set(
    rows.map((row) => `${row.user_id}:${row.channel_id}:${row.stamp} ${row.article_id}:${row.kind}:${row.occurrence}`),
  );
}

function keyOf(event: TrackedEvent): string {
  return `${batchOf(event)} ${placeInBatch(event)}`;
}
