import type { Mysql } from "@headline/mysql";
import { INBOX_MAX } from "./notification.js";

const USERS_AT_ONCE = 500;
const ROWS_AT_ONCE = 1_000;

/** Deletes what is older than the newest 500 of each user, in short statements; answers how many. */
export async function pruneInboxes(mysql: Mysql, signal: AbortSignal): Promise<number> {
  let deleted = 0;
  for (let after: string | undefined = "-9223372036854775808"; after !== undefined; ) {
    signal.throwIfAborted();
    const users: readonly { user_id: string; kept: string }[] = await mysql.query<{ user_id: string; kept: string }>(
      `SELECT user_id, COUNT(*) AS kept FROM notifications WHERE user_id > ?
        GROUP BY user_id ORDER BY user_id LIMIT ${USERS_AT_ONCE}`,
      [after],
    );
    for (const { user_id, kept } of users)
      if (Number(kept) > INBOX_MAX) deleted += await pruneInbox(mysql, user_id, signal);
    after = users.length < USERS_AT_ONCE ? undefined : users.at(-1)?.user_id;
  }
  return deleted;
}

async function pruneInbox(mysql: Mysql, userId: string, signal: AbortSignal): Promise<number> {
  const [oldest] = await mysql.query<{ id: string }>(
    `SELECT id FROM notifications WHERE user_id = ? ORDER BY id DESC LIMIT 1 OFFSET ${INBOX_MAX - 1}`,
    [userId],
  );
  if (oldest === undefined) return 0;
  let deleted = 0;
  for (;;) {
    signal.throwIfAborted();
    const { affectedRows } = await mysql.write(
      `DELETE FROM notifications WHERE user_id = ? AND id < ? LIMIT ${ROWS_AT_ONCE}`,
      [userId, oldest.id],
    );
    deleted += affectedRows;
    if (affectedRows < ROWS_AT_ONCE) return deleted;
  }
}
