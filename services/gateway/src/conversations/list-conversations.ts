import type { Mysql } from "@headline/mysql";
import { readConversations, readMessages } from "@headline/newsroom/conversations";
import type { Reader } from "../http/authenticate.js";
import { type ListQuery, listPage, listQuery } from "../http/list-page.js";
import type { Call } from "../http/route.js";
import type { Users } from "../users/users.js";
import { presentMessage } from "./present-message.js";

interface Deps {
  readonly mysql: Mysql;
  readonly users: Users;
}

export const ConversationsQuery = listQuery({ perPage: 20 });

/** Reads a page of the reader's conversations, the one with the newest message first. */
export function listConversations({ mysql, users }: Deps) {
  return async ({ reader: { userId }, query }: Call<{ reader: Reader; query: ListQuery }>) => {
    const { rows: conversations, more } = await listPage(query, {
      read: (before, count) => readConversations(mysql, userId, before, count),
      idOf: ({ lastMessageId }) => lastMessageId,
    });
    const lastIds = conversations.map(({ lastMessageId }) => lastMessageId);
    const [names, messages] = await Promise.all([
      users.profiles.getMany(conversations.map(({ peerId }) => peerId)),
      readMessages(mysql, lastIds),
    ]);
    const messageById = new Map(messages.map((message) => [message.messageId, message]));
    const results = conversations.map(({ peerId, lastMessageId, unread, readUpTo }) => {
      const message = messageById.get(lastMessageId);
      return {
        user_id: String(peerId),
        user_name: names.get(peerId)?.name ?? `user ${peerId}`,
        unread,
        read_up_to: String(readUpTo),
        last_message: message === undefined ? null : presentMessage(message),
      };
    });
    return { results, ...more };
  };
}
