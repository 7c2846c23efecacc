import type { Mysql } from "@headline/mysql";
import {
  insertMessage,
  MessageBlocked,
  markConversationRead,
  readConversation,
  readConversations,
  readMessages,
} from "@headline/newsroom/conversations";
import { Refusal } from "@headline/service/errors";
import type { RequestHandler } from "express";
import { z } from "zod";
import type { Announcer } from "../changes/announcer.js";
import type { Authenticate } from "../http/authenticate.js";
import { sendOk } from "../http/json.js";
import { readListPage } from "../http/list-page.js";
import { HttpRefusal } from "../http/problem.js";
import { decimal, INT64_MAX, idText, idValue, read } from "../http/read.js";
import { lines } from "../http/text.js";
import type { Users } from "../users/users.js";
import type { MessageLimit } from "./message-limit.js";
import { presentMessage } from "./present-message.js";

/** Tells the devices of both that one has read; best effort. */
export type TellRead = (read: { readerId: bigint; peerId: bigint; upTo: bigint }) => void;

interface Parts {
  readonly authenticate: Authenticate;
  readonly mysql: Mysql;
  readonly users: Users;
  readonly announcer: Announcer;
  readonly limit: MessageLimit;
  readonly tellRead: TellRead;
}

const CHARACTERS_MAX = 1_000;
export const PeerPath = z.object({ userId: idText });
export const NewMessage = z.strictObject(
  { text: lines(CHARACTERS_MAX), client_id: z.guid({ error: "must be a UUID" }).toLowerCase() },
  { error: "must be a JSON object" },
);
export const ReadUpTo = z.strictObject({ up_to: idValue }, { error: "must be a JSON object" });
export const ConversationsQuery = z.object({
  before: idText.optional(),
  per_page: decimal({ min: 1, max: 50 }).default(20),
});

/** POST /conversations/:userId/messages: 201 once it is committed; the same client_id again is the same message. */
export function sendMessage({ authenticate, mysql, users, announcer, limit }: Parts): RequestHandler {
  return async (req, res) => {
    const { userId: senderId } = await authenticate.signedIn(req);
    const { userId: recipientId } = read(PeerPath, req.params);
    const { text, client_id: clientId } = read(NewMessage, req.body);
    if (recipientId === senderId) throw new Refusal("INVALID_ARGUMENT", "nobody writes to themselves");
    await limit(senderId);
    if ((await users.profiles.get(recipientId)) === undefined)
      throw new Refusal("NOT_FOUND", `user ${recipientId} does not exist`);
    const { message, changes } = await insertMessage(mysql, { senderId, recipientId, text, clientId }).catch(
      refuseBlocked,
    );
    if (changes.length > 0) await announcer.announce(...changes);
    sendOk(res, presentMessage(message), 201);
  };
}

function refuseBlocked(error: unknown): never {
  throw error instanceof MessageBlocked ? new HttpRefusal(403, "BLOCKED", error.message) : error;
}

/** GET /conversations: the one with the newest message first; `next` goes into `before`. */
export function listConversations({ authenticate, mysql, users }: Parts): RequestHandler {
  return async (req, res) => {
    const { userId } = await authenticate.signedIn(req);
    const { before = INT64_MAX, per_page } = read(ConversationsQuery, req.query);
    const { rows: shown, more } = await readListPage(
      per_page,
      (count) => readConversations(mysql, userId, before, count),
      ({ lastMessageId }) => lastMessageId,
    );
    const [names, messages] = await Promise.all([
      users.profiles.getMany(shown.map(({ peerId }) => peerId)),
      readMessages(
        mysql,
        shown.map(({ lastMessageId }) => lastMessageId),
      ),
    ]);
    const last = new Map(messages.map((message) => [message.messageId, message]));
    sendOk(res, {
      results: shown.map(({ peerId, lastMessageId, unread, readUpTo }) => {
        const message = last.get(lastMessageId);
        return {
          user_id: String(peerId),
          user_name: names.get(peerId)?.name ?? `user ${peerId}`,
          unread,
          read_up_to: String(readUpTo),
          last_message: message === undefined ? null : presentMessage(message),
        };
      }),
      ...more,
    });
  };
}

/** GET /conversations/:userId/messages: newest first; `next` goes into `before`. */
export function listMessages({ authenticate, mysql }: Parts): RequestHandler {
  return async (req, res) => {
    const { userId } = await authenticate.signedIn(req);
    const { userId: peerId } = read(PeerPath, req.params);
    const { before = INT64_MAX, per_page } = read(ConversationsQuery, req.query);
    const { rows, more } = await readListPage(
      per_page,
      (count) => readConversation(mysql, userId, peerId, { before, count }),
      ({ messageId }) => messageId,
    );
    sendOk(res, { results: rows.map(presentMessage), ...more });
  };
}

/** POST /conversations/:userId/read: what the peer wrote up to an id is read; again is the same. */
export function readUpTo({ authenticate, mysql, tellRead }: Parts): RequestHandler {
  return async (req, res) => {
    const { userId } = await authenticate.signedIn(req);
    const { userId: peerId } = read(PeerPath, req.params);
    const { up_to } = read(ReadUpTo, req.body);
    const { readUpTo, unread, moved } = await markConversationRead(mysql, userId, peerId, up_to);
    if (moved) tellRead({ readerId: userId, peerId, upTo: readUpTo });
    sendOk(res, { user_id: String(peerId), read_up_to: String(readUpTo), unread });
  };
}
