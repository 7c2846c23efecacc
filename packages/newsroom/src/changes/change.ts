import { DATABASE_NOW_MS, inPieces, type Statements } from "@headline/mysql";
import type { ChangeTopic } from "../schema/index.js";

/** Something that caches elsewhere may hold has changed: the subject's row is now at `version`. */
export interface Change {
  readonly topic: ChangeTopic;
  readonly subjectId: bigint;
  readonly version: number;
}

/** Appends the changes in the transaction that makes them: they are published if and only if it commits. */
export async function appendChanges(tx: Statements, ...changes: readonly Change[]): Promise<void> {
  for (const piece of inPieces(changes))
    await tx.write(
      `INSERT INTO changes (topic, subject_id, version, created_at) VALUES ${piece.map(() => ROW).join(", ")}`,
      piece.flatMap(({ topic, subjectId, version }) => [topic, subjectId, version]),
    );
}

const ROW = `(?, ?, ?, ${DATABASE_NOW_MS})`;
