import type { Mysql } from "@headline/mysql";
import { route, type Story } from "../http/route.js";
import { NotificationList, NotificationsLeft } from "./answers.js";
import { listNotifications, NotificationsQuery } from "./list-notifications.js";
import { markNotificationsRead, NotificationsRead } from "./mark-notifications-read.js";

export const notifications: Story<{ readonly mysql: Mysql }> = {
  tag: "Notifications",
  about: "Events that concern a user: articles of followed authors, followers, likes, comments, orders.",
  routes: [
    route({
      method: "get",
      path: "/notifications",
      name: "notifications",
      summary: "Lists notifications",
      description: "Of the reader, the newest first, with the number of unread ones.",
      access: "signed-in",
      query: NotificationsQuery,
      answer: { data: NotificationList },
      handler: listNotifications,
    }),
    route({
      method: "post",
      path: "/notifications/read",
      name: "readNotifications",
      summary: "Marks notifications as read",
      description: "Everything up to an id; again is the same.",
      access: "signed-in",
      repeatable: true,
      body: { schema: NotificationsRead },
      answer: { data: NotificationsLeft },
      handler: markNotificationsRead,
    }),
  ],
};
