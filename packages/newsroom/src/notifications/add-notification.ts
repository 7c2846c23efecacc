import { DATABASE_NOW_MS, type Transaction } from "@headline/mysql";
import type { Change } from "../changes/index.js";
import { type NewNotification, NOTIFICATION_TOPIC } from "./notification.js";

const NOTHING: readonly Change[] = [];

/**
 * Adds a notification once: the same again changes nothing. Users are not notified of their own deeds, nor of those of
 * users they have blocked. The returned changes belong to the same transaction: push learns
 * from it.
 */
export async function addNotification(
  tx: Transaction,
  { userId, kind, subjectId, actorId = 0n }: NewNotification,
): Promise<readonly Change[]> {
  if (actorId === userId) return NOTHING;
  const { insertId, affectedRows } = await tx.write(
    `INSERT IGNORE INTO notifications (user_id, kind, subject_id, actor_id, created_at)
     SELECT ?, ?, ?, ?, ${DATABASE_NOW_MS} FROM DUAL
      WHERE NOT EXISTS (SELECT 1 FROM author_blocks WHERE user_id = ? AND author_id = ?)`,
    [userId, kind, subjectId, actorId, userId, actorId],
  );
  if (affectedRows === 0) return NOTHING;
  return [{ topic: NOTIFICATION_TOPIC, subjectId: userId, version: Number(insertId) }];
}

/** Removes a notification whose cause is undone. */
export async function removeNotification(
  tx: Transaction,
  { userId, kind, subjectId }: Omit<NewNotification, "actorId">,
): Promise<void> {
  await tx.write("DELETE FROM notifications WHERE user_id = ? AND kind = ? AND subject_id = ?", [
    userId,
    kind,
    subjectId,
  ]);
}
