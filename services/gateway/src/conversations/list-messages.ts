import type { Mysql } from "@headline/mysql";
import { readConversation } from "@headline/newsroom/conversations";
import type { Reader } from "../http/authenticate.js";
import { type ListQuery, listPage, listQuery } from "../http/list-page.js";
import type { Call } from "../http/route.js";
import type { PeerPath } from "./peer-path.js";
import { presentMessage } from "./present-message.js";

export const MessagesQuery = listQuery({ perPage: 20 });

/** Reads a page of a conversation, the newest message first. */
export function listMessages({ mysql }: { readonly mysql: Mysql }) {
  return async ({ reader, params, query }: Call<{ reader: Reader; params: PeerPath; query: ListQuery }>) => {
    const { rows, more } = await listPage(query, {
      read: (before, count) => readConversation(mysql, reader.userId, params.userId, { before, count }),
      idOf: ({ messageId }) => messageId,
    });
    return { results: rows.map(presentMessage), ...more };
  };
}
