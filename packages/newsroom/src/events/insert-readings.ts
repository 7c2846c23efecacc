import type { Transaction } from "@headline/mysql";
import type { EventKind, TrackedEvent } from "./tracked-event.js";

/** Kinds of events by which a user has opened an article. */
const OPENING: readonly EventKind[] = ["click", "read"];

/** Whether events change the reading history of anyone. Guests have none. */
export function hasReading(events: readonly TrackedEvent[]): boolean {
  return events.some(({ userId, kind }) => userId > 0n && OPENING.includes(kind));
}

/**
 * Adds the events after an id, which are new, to the reading histories of their users. What was removed stays removed, unless it
 * was opened after that.
 */
export async function insertReadings(tx: Transaction, after: bigint): Promise<void> {
  await tx.write(INSERT, [after]);
}

const INSERT = `
  INSERT INTO readings (user_id, article_id, read_at)
  SELECT reader, article, opened_at
    FROM (SELECT user_id AS reader, article_id AS article, MAX(happened_at) AS opened_at
            FROM events FORCE INDEX (PRIMARY)
           WHERE id > ? AND user_id > 0 AND kind IN (${OPENING.map((kind) => `'${kind}'`).join(", ")})
           GROUP BY user_id, article_id) opened
  ON DUPLICATE KEY UPDATE
    removed_at = IF(VALUES(read_at) > removed_at, NULL, removed_at),
    read_at = GREATEST(readings.read_at, VALUES(read_at))`;
