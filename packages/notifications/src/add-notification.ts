import { DATABASE_NOW_MS } from "@headline/change-feed";
import type { Statements } from "@headline/mysql";

export type NotificationKind = "new_article" | "article_published" | "order_cancelled" | "order_paid";

interface Notification {
  readonly userId: bigint;
  readonly kind: NotificationKind;
  /** What it is about: the article of an article's kind, the order of an order's. */
  readonly subjectId: bigint;
  /** Who did it. */
  readonly actorId?: bigint;
}

/** Tells a user something, once: the same again changes nothing. In a transaction it is told if and only if it happened. */
export async function addNotification(
  on: Statements,
  { userId, kind, subjectId, actorId = 0n }: Notification,
): Promise<void> {
  await on.write(
    `INSERT INTO notifications (user_id, kind, subject_id, actor_id, created_at) VALUES (?, ?, ?, ?, ${DATABASE_NOW_MS})
     ON DUPLICATE KEY UPDATE id = id`,
    [userId, kind, subjectId, actorId],
  );
}
