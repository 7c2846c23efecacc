import type { Statements } from "@headline/mysql";

/** Something that caches elsewhere may hold has changed: the subject's row is now at `version`. */
export interface Change {
  /** What kind of thing: `article`. */
  readonly topic: string;
  readonly subjectId: bigint;
  readonly version: number;
}

/** The clock of the database, in milliseconds; the only clock that change rows know. */
export const DATABASE_NOW_MS = "CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS UNSIGNED)";

/** Writes the changes in the transaction that makes them, so they are told if and only if they happened. */
export async function appendChanges(tx: Statements, ...changes: readonly Change[]): Promise<void> {
  await tx.write(
    `INSERT INTO changes (topic, subject_id, version, created_at) VALUES ${changes.map(() => ROW).join(", ")}`,
    changes.flatMap(({ topic, subjectId, version }) => [topic, subjectId, version]),
  );
}

const ROW = `(?, ?, ?, ${DATABASE_NOW_MS})`;
