import { inPieces, type Statements } from "@headline/mysql";

/** Something that caches elsewhere may hold has changed: the subject's row is now at `version`. */
export interface Change {
  /** What kind of thing: `article`. */
  readonly topic: string;
  readonly subjectId: bigint;
  readonly version: number;
}

/**
 * The clock of the database, in milliseconds; the only clock that change rows know. By way of UTC: UNIX_TIMESTAMP(NOW(3)) is an
 * hour off in the hour that comes twice each autumn where the session's zone has clock changes.
 */
export const DATABASE_NOW_MS =
  "CAST(TIMESTAMPDIFF(MICROSECOND, '1970-01-01 00:00:00', UTC_TIMESTAMP(3)) DIV 1000 AS UNSIGNED)";

/** Writes the changes in the transaction that makes them, so they are told if and only if they happened. */
export async function appendChanges(tx: Statements, ...changes: readonly Change[]): Promise<void> {
  for (const piece of inPieces(changes))
    await tx.write(
      `INSERT INTO changes (topic, subject_id, version, created_at) VALUES ${piece.map(() => ROW).join(", ")}`,
      piece.flatMap(({ topic, subjectId, version }) => [topic, subjectId, version]),
    );
}

const ROW = `(?, ?, ?, ${DATABASE_NOW_MS})`;
