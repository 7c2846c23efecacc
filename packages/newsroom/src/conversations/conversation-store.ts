import { limitOf, type Mysql, type Statements } from "@headline/mysql";
import { Refusal } from "@headline/service/errors";

/** One side of a conversation, without its messages. */
export interface Conversation {
  readonly peerId: bigint;
  readonly lastMessageId: bigint;
  /** Messages of the peer that the user has not read. */
  readonly unread: number;
  readonly readUpTo: bigint;
}

export interface ReadUpTo {
  readonly readUpTo: bigint;
  readonly unread: number;
  /** Whether it is further than before. */
  readonly moved: boolean;
}

interface ConversationRow {
  readonly peer_id: string;
  readonly last_message_id: string;
  readonly unread: number;
  readonly read_up_to: string;
}

/** More than anybody reads; counting ends there. */
const UNREAD_MAX = 1_000;

/** A user's conversations but with those whom they have blocked, the one with the newest message first, from below `before` on. */
export async function readConversations(
  on: Statements,
  userId: bigint,
  before: bigint,
  count: number,
): Promise<Conversation[]> {
  const rows = await on.query<ConversationRow>(
    `SELECT peer_id, last_message_id, unread, read_up_to FROM conversations
      WHERE user_id = ? AND last_message_id < ? AND NOT EXISTS
        (SELECT 1 FROM author_blocks b WHERE b.user_id = conversations.user_id AND b.author_id = conversations.peer_id)
      ORDER BY last_message_id DESC LIMIT ?`,
    [userId, before, limitOf(count)],
  );
  return rows.map((row) => ({
    peerId: BigInt(row.peer_id),
    lastMessageId: BigInt(row.last_message_id),
    unread: row.unread,
    readUpTo: BigInt(row.read_up_to),
  }));
}

/** Marks a user's side as read up to a message, never back. @throws Refusal NOT_FOUND when the two have not written. */
export function markConversationRead(mysql: Mysql, userId: bigint, peerId: bigint, upTo: bigint): Promise<ReadUpTo> {
  return mysql.transaction(async (tx) => {
    const [row] = await tx.query<ConversationRow>(
      "SELECT peer_id, last_message_id, unread, read_up_to FROM conversations WHERE user_id = ? AND peer_id = ? FOR UPDATE",
      [userId, peerId],
    );
    if (row === undefined) throw new Refusal("NOT_FOUND", `there is no conversation with user ${peerId}`);
    const last = BigInt(row.last_message_id);
    const before = BigInt(row.read_up_to);
    const readUpTo = upTo < last ? upTo : last;
    if (readUpTo <= before) return { readUpTo: before, unread: row.unread, moved: false };
    const [left] = await tx.query<{ unread: string }>(
      `SELECT COUNT(*) AS unread FROM (SELECT 1 FROM messages
        WHERE low_id = ? AND high_id = ? AND id > ? AND sender_id = ? LIMIT ${UNREAD_MAX}) above`,
      [...(userId < peerId ? [userId, peerId] : [peerId, userId]), readUpTo, peerId],
    );
    const unread = Number(left?.unread ?? 0);
    await tx.write(
      `UPDATE conversations SET read_up_to = ?, delivered_up_to = GREATEST(delivered_up_to, ?), unread = ?
        WHERE user_id = ? AND peer_id = ?`,
      [readUpTo, readUpTo, unread, userId, peerId],
    );
    return { readUpTo, unread, moved: true };
  });
}

/** Notes that a device of the user took a message of the peer; false when a later one was noted before. */
export async function markDelivered(
  on: Statements,
  userId: bigint,
  peerId: bigint,
  messageId: bigint,
): Promise<boolean> {
  const { affectedRows } = await on.write(
    `UPDATE conversations SET delivered_up_to = ?
      WHERE user_id = ? AND peer_id = ? AND delivered_up_to < ? AND last_message_id >= ?`,
    [messageId, userId, peerId, messageId, messageId],
  );
  return affectedRows > 0;
}
