import { ConversationsQuery, NewMessage, PeerPath, ReadUpTo } from "../conversations/conversation-handlers.js";
import { NotificationsQuery } from "../notifications/list-notifications.js";
import { NotificationsRead } from "../notifications/mark-notifications-read.js";
import {
  ConversationLeft,
  ConversationList,
  Message,
  MessageList,
  NotificationList,
  NotificationsLeft,
} from "./answers.js";
import type { Route } from "./route.js";

export const talkRoutes: readonly Route[] = [
  {
    method: "get",
    path: "/notifications",
    name: "notifications",
    summary: "What one was told of, the newest first",
    access: "signed-in",
    query: NotificationsQuery,
    answers: { data: NotificationList },
  },
  {
    method: "post",
    path: "/notifications/read",
    name: "readNotifications",
    summary: "Everything up to an id is read; again is the same",
    repeatable: true,
    access: "signed-in",
    body: { schema: NotificationsRead },
    answers: { data: NotificationsLeft },
  },
  {
    method: "get",
    path: "/conversations",
    name: "conversations",
    summary: "Conversations, the one with the newest message first",
    access: "signed-in",
    query: ConversationsQuery,
    answers: { data: ConversationList },
  },
  {
    method: "get",
    path: "/conversations/:userId/messages",
    name: "messages",
    summary: "Messages with one user, the newest first",
    access: "signed-in",
    params: PeerPath,
    query: ConversationsQuery,
    answers: { data: MessageList },
  },
  {
    method: "post",
    path: "/conversations/:userId/messages",
    name: "sendMessage",
    summary: "Writes to a user; the same `client_id` again is the same message",
    repeatable: true,
    access: "signed-in",
    params: PeerPath,
    body: { schema: NewMessage },
    answers: { status: 201, data: Message },
    refuses: [403, 404, 422, 429],
  },
  {
    method: "post",
    path: "/conversations/:userId/read",
    name: "readMessages",
    summary: "What they wrote up to a message is read; never back",
    repeatable: true,
    access: "signed-in",
    params: PeerPath,
    body: { schema: ReadUpTo },
    answers: { data: ConversationLeft },
  },
];
