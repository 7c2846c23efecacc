import type { Mysql } from "@headline/mysql";
import type { CacheInvalidator } from "../changes/cache-invalidator.js";
import { route, type Story } from "../http/route.js";
import type { Users } from "../users/users.js";
import { ConversationLeft, ConversationList, Message, MessageList } from "./answers.js";
import { ConversationsQuery, listConversations } from "./list-conversations.js";
import { listMessages, MessagesQuery } from "./list-messages.js";
import { type NotifyRead, ReadUpTo, readUpTo } from "./mark-conversation-read.js";
import type { MessageLimit } from "./message-limit.js";
import { PeerPath } from "./peer-path.js";
import { NewMessage, sendMessage } from "./send-message.js";

export interface ConversationDeps {
  readonly mysql: Mysql;
  readonly users: Users;
  readonly invalidator: CacheInvalidator;
  readonly messageLimit: MessageLimit;
  readonly notifyRead: NotifyRead;
}

export const conversations: Story<ConversationDeps> = {
  tag: "Conversations",
  about: "Messages between two users; sockets carry them as they are written.",
  routes: [
    route({
      method: "get",
      path: "/conversations",
      name: "conversations",
      summary: "Lists conversations",
      description: "Of the reader, the one with the newest message first.",
      access: "signed-in",
      query: ConversationsQuery,
      answer: { data: ConversationList },
      handler: listConversations,
    }),
    route({
      method: "get",
      path: "/conversations/:userId/messages",
      name: "messages",
      summary: "Lists messages with one user",
      description: "The newest first, each with its state: sent, delivered or read.",
      access: "signed-in",
      params: PeerPath,
      query: MessagesQuery,
      answer: { data: MessageList },
      handler: listMessages,
    }),
    route({
      method: "post",
      path: "/conversations/:userId/messages",
      name: "sendMessage",
      summary: "Writes to a user",
      description: "The same `client_id` again is the same message.",
      access: "signed-in",
      repeatable: true,
      params: PeerPath,
      body: { schema: NewMessage },
      answer: { status: 201, data: Message },
      refuses: {
        403: "`BLOCKED`: one of the two users has blocked the other",
        404: "The user does not exist",
        422: "Another message has this `client_id`",
        429: "Too many messages of the sender",
      },
      handler: sendMessage,
    }),
    route({
      method: "post",
      path: "/conversations/:userId/read",
      name: "readMessages",
      summary: "Marks messages as read",
      description: "Those of the other user up to an id; the mark never moves back.",
      access: "signed-in",
      repeatable: true,
      params: PeerPath,
      body: { schema: ReadUpTo },
      answer: { data: ConversationLeft },
      handler: readUpTo,
    }),
  ],
};
