import type { Mysql } from "@headline/mysql";
import { countUnread, markRead } from "@headline/newsroom/notifications";
import { z } from "zod";
import type { Reader } from "../http/authenticate.js";
import { idValue } from "../http/read.js";
import type { Call } from "../http/route.js";

export const NotificationsRead = z
  .strictObject({ up_to: idValue }, { error: "must be a JSON object" })
  .meta({ id: "NotificationsRead" });
export type NotificationsRead = z.output<typeof NotificationsRead>;

/** Marks everything up to an id as read; again is the same. */
export function markNotificationsRead({ mysql }: { readonly mysql: Mysql }) {
  return async ({ reader: { userId }, body }: Call<{ reader: Reader; body: NotificationsRead }>) => {
    await markRead(mysql, userId, body.up_to);
    return { up_to: String(body.up_to), unread: await countUnread(mysql, userId) };
  };
}
