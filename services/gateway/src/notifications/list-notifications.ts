import type { Mysql } from "@headline/mysql";
import { countUnread, readInbox } from "@headline/newsroom/notifications";
import type { Reader } from "../http/authenticate.js";
import { type ListQuery, listPage, listQuery } from "../http/list-page.js";
import type { Call } from "../http/route.js";
import { presentNotification } from "./present-notification.js";

export const NotificationsQuery = listQuery({ perPage: 20 });

/** Reads a page of the reader's inbox, the newest first, and counts what is unread. */
export function listNotifications({ mysql }: { readonly mysql: Mysql }) {
  return async ({ reader: { userId }, query }: Call<{ reader: Reader; query: ListQuery }>) => {
    const [{ rows, more }, unread] = await Promise.all([
      listPage(query, { read: (before, count) => readInbox(mysql, userId, before, count), idOf: ({ id }) => id }),
      countUnread(mysql, userId),
    ]);
    return { results: rows.map(presentNotification), unread, ...more };
  };
}
