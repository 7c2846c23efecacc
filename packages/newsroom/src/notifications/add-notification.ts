import type { Transaction } from "@headline/mysql";
import { DATABASE_NOW_MS } from "@headline/mysql";
import type { Change } from "../changes/index.js";
import { type NewNotification, NOTIFICATION_TOPIC } from "./notification.js";

const NOTHING: readonly Change[] = [];

/**
 * Tells a user something, once: the same again changes nothing. Nobody is told of what they did themselves, or of what
 * somebody did whom they have blocked. The answer belongs among the changes of the same transaction: whoever pushes learns
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

/** Takes back what is not so any more, whoever was told of it. */
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
