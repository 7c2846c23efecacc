import type { Mysql } from "@headline/mysql";
import { countUnread, markRead } from "@headline/newsroom/notifications";
import type { RequestHandler } from "express";
import { z } from "zod";
import type { Authenticate } from "../http/authenticate.js";
import { sendOk } from "../http/json.js";
import { idValue, read } from "../http/read.js";

interface Parts {
  readonly authenticate: Authenticate;
  readonly mysql: Mysql;
}

export const NotificationsRead = z.strictObject({ up_to: idValue }, { error: "must be a JSON object" });

/** POST /notifications/read: everything up to an id is read; again is the same. */
export function markNotificationsRead({ authenticate, mysql }: Parts): RequestHandler {
  return async (req, res) => {
    const { userId } = await authenticate.signedIn(req);
    const { up_to } = read(NotificationsRead, req.body);
    await markRead(mysql, userId, up_to);
    sendOk(res, { up_to: String(up_to), unread: await countUnread(mysql, userId) });
  };
}
