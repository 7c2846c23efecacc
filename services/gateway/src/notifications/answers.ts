import { NOTIFICATION_KINDS } from "@headline/newsroom/notifications";
import { z } from "zod";
import { count, id, listOf, time } from "../http/answers.js";

export const Notification = z
  .object({
    id,
    kind: z.enum(NOTIFICATION_KINDS),
    subject_id: id,
    actor_id: id.nullable(),
    actor_name: z.string().nullable(),
    article_id: id.optional(),
    title: z.string().optional(),
    created_at: time,
    read_at: time.nullable(),
  })
  .meta({ id: "Notification" });

export const NotificationList = listOf(Notification).extend({ unread: count }).meta({ id: "NotificationList" });
export const NotificationsLeft = z.object({ up_to: id, unread: count }).meta({ id: "NotificationsLeft" });
