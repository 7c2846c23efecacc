import {
  DATABASE_NOW_MS,
  idList,
  isDuplicate,
  limitOf,
  type Mysql,
  readTime,
  type Statements,
  type Transaction,
  WANTED_IDS,
} from "@headline/mysql";
import { Refusal } from "@headline/service/errors";
import { appendChanges, type Change } from "../changes/index.js";
import { MESSAGE_TOPIC, type Message, stateOf } from "./message.js";
import { MessageBlocked } from "./message-blocked.js";

export interface NewMessage {
  readonly senderId: bigint;
  readonly recipientId: bigint;
  readonly text: string;
  /** A UUID: the same again is the same message. */
  readonly clientId: string;
}

/** A stored message and its changes for push; no changes when it was stored before. */
export interface KeptMessage {
  readonly message: Message;
  readonly changes: readonly Change[];
}

interface MessageRow {
  readonly id: string;
  readonly sender_id: string;
  readonly recipient_id: string;
  readonly content: string;
  readonly client_id: string;
  readonly created_at: string;
  readonly delivered_up_to: string | null;
  readonly read_up_to: string | null;
}

/** With how far the recipient is. */
const shownOf = (
  from: string,
) => `SELECT m.id, m.sender_id, m.recipient_id, m.content, HEX(m.client_id) AS client_id, m.created_at,
         c.delivered_up_to, c.read_up_to
    FROM ${from} LEFT JOIN conversations c ON c.user_id = m.recipient_id AND c.peer_id = m.sender_id`;

const SHOWN = shownOf("messages m");

/** As of notifications: a lower id can appear that long after a higher one of another conversation. */
const COMMITS_WITHIN_MS = 35_000;

/**
 * Keeps a message, once for each `clientId` of a sender. Both sides of the conversation are locked first, so within a
 * conversation ids grow in the order of the commits.
 *
 * @throws MessageBlocked; Refusal FAILED_PRECONDITION when the id was used for another message.
 */
export async function insertMessage(mysql: Mysql, message: NewMessage): Promise<KeptMessage> {
  const keep = () => mysql.transaction((tx) => keepOnce(tx, message));
  try {
    return await keep();
  } catch (error) {
    if (!isDuplicate(error)) throw error;
    return keep(); // the same client_id went to another recipient meanwhile: now its row can be compared
  }
}

async function keepOnce(tx: Transaction, message: NewMessage): Promise<KeptMessage> {
  const { senderId, recipientId, text, clientId } = message;
  await lockBothSides(tx, senderId, recipientId);
  const before = await readByClientId(tx, senderId, clientId);
  if (before !== undefined) return { message: mustBeSame(before, message), changes: [] };
  await mustNotBeBlocked(tx, senderId, recipientId);
  const [low, high] = ordered(senderId, recipientId);
  const { insertId } = await tx.write(
    `INSERT INTO messages (low_id, high_id, sender_id, recipient_id, client_id, content, created_at)
     VALUES (?, ?, ?, ?, UNHEX(?), ?, ${DATABASE_NOW_MS})`,
    [low, high, senderId, recipientId, hex(clientId), text],
  );
  for (const [userId, peerId, unread] of [
    [senderId, recipientId, 0],
    [recipientId, senderId, 1],
  ] as const)
    await tx.write(
      "UPDATE conversations SET last_message_id = ?, unread = unread + ? WHERE user_id = ? AND peer_id = ?",
      [insertId, unread, userId, peerId],
    );
  const changes = [senderId, recipientId].map(
    (subjectId): Change => ({ topic: MESSAGE_TOPIC, subjectId, version: Number(insertId) }),
  );
  await appendChanges(tx, ...changes);
  const [kept] = await readMessages(tx, [insertId]);
  if (kept === undefined) throw new Error("a message is gone right after it was written");
  return { message: kept, changes };
}

/** Messages of two users, newest first, from below `before` on. */
export async function readConversation(
  on: Statements,
  userId: bigint,
  peerId: bigint,
  { before, count }: { before: bigint; count: number },
): Promise<Message[]> {
  const rows = await on.query<MessageRow>(
    `${SHOWN} WHERE m.low_id = ? AND m.high_id = ? AND m.id < ? ORDER BY m.id DESC LIMIT ?`,
    [...ordered(userId, peerId), before, limitOf(count)],
  );
  return rows.map(toMessage);
}

/** Messages by id, of any users. */
export async function readMessages(on: Statements, ids: readonly bigint[]): Promise<Message[]> {
  if (ids.length === 0) return [];
  const rows = await on.query<MessageRow>(
    `${shownOf(`${WANTED_IDS} STRAIGHT_JOIN messages m ON m.id = want.id`)} ORDER BY m.id`,
    [idList(ids)],
  );
  return rows.map(toMessage);
}

/** The newest messages to a user since `lastId`, but of those whom they have blocked, the oldest of them first; what was committed around then may come again. */
export async function readMissedMessages(
  on: Statements,
  userId: bigint,
  lastId: bigint,
  count: number,
): Promise<Message[]> {
  const [last] = await on.query<{ id: string }>(
    `SELECT MIN(m.id) AS id FROM messages l JOIN messages m ON m.recipient_id = ? AND m.id <= l.id
        AND m.id > l.id - 1000 AND m.created_at > l.created_at - ${COMMITS_WITHIN_MS}
      WHERE l.id = ? AND CAST(? AS SIGNED) IN (l.sender_id, l.recipient_id)`,
    [userId, lastId, userId],
  );
  const from = last?.id == null ? lastId : BigInt(last.id) - 1n;
  const rows = await on.query<MessageRow>(
    `${SHOWN} WHERE m.recipient_id = ? AND m.id > ? AND m.id <> ? AND NOT EXISTS
        (SELECT 1 FROM author_blocks b WHERE b.user_id = m.recipient_id AND b.author_id = m.sender_id)
      ORDER BY m.id DESC LIMIT ?`,
    [userId, from, lastId, limitOf(count)],
  );
  return rows.map(toMessage).reverse();
}

/** Takes the locks of both sides, whether they exist yet or not, everywhere in the same order. */
async function lockBothSides(tx: Transaction, senderId: bigint, recipientId: bigint): Promise<void> {
  const [low, high] = ordered(senderId, recipientId);
  for (const pair of [
    [low, high],
    [high, low],
  ])
    await tx.write(
      `INSERT INTO conversations (user_id, peer_id, last_message_id) VALUES (?, ?, 0)
       ON DUPLICATE KEY UPDATE last_message_id = last_message_id`,
      pair,
    );
}

async function readByClientId(on: Statements, senderId: bigint, clientId: string): Promise<Message | undefined> {
  const [row] = await on.query<MessageRow>(`${SHOWN} WHERE m.sender_id = ? AND m.client_id = UNHEX(?)`, [
    senderId,
    hex(clientId),
  ]);
  return row && toMessage(row);
}

function mustBeSame(before: Message, { recipientId, text }: NewMessage): Message {
  if (before.recipientId === recipientId && before.text === text) return before;
  throw new Refusal("FAILED_PRECONDITION", "this client_id was used for another message");
}

async function mustNotBeBlocked(on: Statements, senderId: bigint, recipientId: bigint): Promise<void> {
  const blocks = await on.query<{ user_id: string }>(
    "SELECT user_id FROM author_blocks WHERE (user_id = ? AND author_id = ?) OR (user_id = ? AND author_id = ?)",
    [recipientId, senderId, senderId, recipientId],
  );
  if (blocks.length === 0) return;
  const byRecipient = blocks.some(({ user_id }) => BigInt(user_id) === recipientId);
  throw new MessageBlocked(byRecipient ? "recipient" : "sender");
}

function ordered(one: bigint, other: bigint): [low: bigint, high: bigint] {
  return one < other ? [one, other] : [other, one];
}

function hex(uuid: string): string {
  return uuid.replaceAll("-", "");
}

function toMessage(row: MessageRow): Message {
  const messageId = BigInt(row.id);
  return {
    messageId,
    senderId: BigInt(row.sender_id),
    recipientId: BigInt(row.recipient_id),
    text: row.content,
    clientId: row.client_id.toLowerCase().replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5"),
    createdAt: readTime(row.created_at),
    state: stateOf(messageId, {
      deliveredUpTo: BigInt(row.delivered_up_to ?? 0),
      readUpTo: BigInt(row.read_up_to ?? 0),
    }),
  };
}
