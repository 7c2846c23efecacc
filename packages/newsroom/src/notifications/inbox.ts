import { DATABASE_NOW_MS, idList, limitOf, readTime, type Statements, WANTED_IDS } from "@headline/mysql";
import { PUBLISHED } from "../schema/index.js";
import { INBOX_MAX, type Notification, type NotificationKind } from "./notification.js";

interface NotificationRow {
  readonly id: string;
  readonly user_id: string;
  readonly kind: NotificationKind;
  readonly subject_id: string;
  readonly actor_id: string;
  readonly actor_name: string | null;
  readonly article_id: string | null;
  readonly title: string | null;
  readonly created_at: string;
  readonly read_at: string | null;
}

/** With the names that are shown, all found by primary keys. */
const shownOf = (
  from: string,
) => `SELECT n.id, n.user_id, n.kind, n.subject_id, n.actor_id, u.name AS actor_name, a.id AS article_id, a.title,
         n.created_at, n.read_at
    FROM ${from}
    LEFT JOIN users u ON u.id = n.actor_id
    LEFT JOIN comments c ON n.kind = 'commented' AND c.id = n.subject_id
    LEFT JOIN orders o ON n.kind IN ('order_paid', 'order_cancelled') AND o.id = n.subject_id
    LEFT JOIN articles a ON a.status = ${PUBLISHED} AND a.id = CASE n.kind
         WHEN 'commented' THEN c.article_id WHEN 'order_paid' THEN o.article_id WHEN 'order_cancelled' THEN o.article_id
         WHEN 'followed' THEN NULL ELSE n.subject_id END`;

const SHOWN = shownOf("notifications n");

/** Hides notifications caused by users whom the recipient blocks, for as long as they do. */
const NOT_BLOCKED =
  "NOT EXISTS (SELECT 1 FROM author_blocks b WHERE b.user_id = n.user_id AND b.author_id = n.actor_id)";

/** Bound of a transaction that writes a notification: a lower id can appear that long after a higher one. */
const COMMITS_WITHIN_MS = 35_000;

/** A user's notifications, newest first, from below `before` on. */
export async function readInbox(
  on: Statements,
  userId: bigint,
  before: bigint,
  count: number,
): Promise<Notification[]> {
  const rows = await on.query<NotificationRow>(
    `${SHOWN} WHERE n.user_id = ? AND n.id < ? AND ${NOT_BLOCKED} ORDER BY n.id DESC LIMIT ?`,
    [userId, before, limitOf(count)],
  );
  return rows.map(toNotification);
}

/** Notifications by id, of any users. */
export async function readNotifications(on: Statements, ids: readonly bigint[]): Promise<Notification[]> {
  if (ids.length === 0) return [];
  const rows = await on.query<NotificationRow>(
    `${shownOf(`${WANTED_IDS} STRAIGHT_JOIN notifications n ON n.id = want.id`)} WHERE ${NOT_BLOCKED} ORDER BY n.id`,
    [idList(ids)],
  );
  return rows.map(toNotification);
}

/** Notifications of some users about one new article. */
export async function readFanOut(
  on: Statements,
  articleId: bigint,
  userIds: readonly bigint[],
): Promise<Notification[]> {
  if (userIds.length === 0) return [];
  const rows = await on.query<NotificationRow>(
    `${shownOf(`${WANTED_IDS} STRAIGHT_JOIN notifications n
               ON n.user_id = want.id AND n.kind = 'new_article' AND n.subject_id = ?`)} WHERE ${NOT_BLOCKED}`,
    [idList(userIds), articleId],
  );
  return rows.map(toNotification);
}

/**
 * A user's newest notifications since `lastId`, the oldest of them first. Those committed around the same time as
 * `lastId` may be among it once more, so that nothing is missed whose transaction took longer.
 */
export async function readMissed(
  on: Statements,
  userId: bigint,
  lastId: bigint,
  count: number,
): Promise<Notification[]> {
  const [last] = await on.query<{ created_at: string }>(
    "SELECT created_at FROM notifications WHERE id = ? AND user_id = ?",
    [lastId, userId],
  );
  const since = last === undefined ? "9223372036854775807" : Number(last.created_at) - COMMITS_WITHIN_MS;
  const rows = await on.query<NotificationRow>(
    `${SHOWN} WHERE n.user_id = ? AND n.id <> ? AND (n.id > ? OR n.created_at > ?) AND ${NOT_BLOCKED}
      ORDER BY n.id DESC LIMIT ?`,
    [userId, lastId, lastId, since, limitOf(count)],
  );
  return rows.map(toNotification).reverse();
}

/** Number of unread notifications among those retained: a short range of one index. */
export async function countUnread(on: Statements, userId: bigint): Promise<number> {
  const [row] = await on.query<{ unread: string }>(
    `SELECT COUNT(*) AS unread FROM (${NEWEST}) n WHERE read_at IS NULL AND ${NOT_BLOCKED}`,
    [userId],
  );
  return Number(row?.unread ?? 0);
}

/** Marks what a user has read, up to an id; again changes nothing. */
export async function markRead(on: Statements, userId: bigint, upTo: bigint): Promise<void> {
  const unread = await on.query<{ id: string }>(`SELECT id FROM (${NEWEST}) newest WHERE read_at IS NULL AND id <= ?`, [
    userId,
    upTo,
  ]);
  if (unread.length === 0) return;
  await on.write(
    `UPDATE ${WANTED_IDS} STRAIGHT_JOIN notifications n ON n.id = want.id
        SET n.read_at = ${DATABASE_NOW_MS} WHERE n.user_id = ? AND n.read_at IS NULL`,
    [idList(unread.map(({ id }) => BigInt(id))), userId],
  );
}

const NEWEST = `SELECT id, user_id, actor_id, read_at FROM notifications WHERE user_id = ? ORDER BY id DESC LIMIT ${INBOX_MAX}`;

function toNotification(row: NotificationRow): Notification {
  return {
    id: BigInt(row.id),
    userId: BigInt(row.user_id),
    kind: row.kind,
    subjectId: BigInt(row.subject_id),
    actorId: row.actor_id === "0" ? null : BigInt(row.actor_id),
    actorName: row.actor_name,
    articleId: row.article_id === null ? null : BigInt(row.article_id),
    title: row.title,
    createdAt: readTime(row.created_at),
    readAt: row.read_at === null ? null : readTime(row.read_at),
  };
}
