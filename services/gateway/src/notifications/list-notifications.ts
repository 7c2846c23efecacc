import type { Mysql } from "@headline/mysql";
import { countUnread, readInbox } from "@headline/newsroom/notifications";
import type { RequestHandler } from "express";
import { z } from "zod";
import type { Authenticate } from "../http/authenticate.js";
import { sendOk } from "../http/json.js";
import { readListPage } from "../http/list-page.js";
import { decimal, INT64_MAX, idText, read } from "../http/read.js";
import { presentNotification } from "./present-notification.js";

interface Parts {
  readonly authenticate: Authenticate;
  readonly mysql: Mysql;
}

export const NotificationsQuery = z.object({
  before: idText.optional(),
  per_page: decimal({ min: 1, max: 50 }).default(20),
});

/** GET /notifications: one's own, newest first; `next` goes into `before`. */
export function listNotifications({ authenticate, mysql }: Parts): RequestHandler {
  return async (req, res) => {
    const { userId } = await authenticate.signedIn(req);
    const { before = INT64_MAX, per_page } = read(NotificationsQuery, req.query);
    const [{ rows, more }, unread] = await Promise.all([
      readListPage(
        per_page,
        (count) => readInbox(mysql, userId, before, count),
        ({ id }) => id,
      ),
      countUnread(mysql, userId),
    ]);
    sendOk(res, { results: rows.map(presentNotification), unread, ...more });
  };
}
