import { Refusal } from "@headline/service/errors";
import { z } from "zod";
import { idValue, read } from "../http/read.js";
import type { PushSocket } from "./push-events.js";

/** Sends one row that was missed. */
type Missed = (socket: PushSocket) => void;

interface CatchUpDeps {
  /** Newer rows of a user, the oldest first, at most `count`. */
  readonly missedNotifications: (userId: bigint, lastId: bigint, count: number) => Promise<readonly Missed[]>;
  readonly missedMessages: (userId: bigint, lastId: bigint, count: number) => Promise<readonly Missed[]>;
  readonly unread: (userId: bigint) => Promise<number>;
}

const MISSED_MAX = 100;
const Position = z.strictObject(
  { last_notification_id: idValue.optional(), last_message_id: idValue.optional() },
  { error: "must be an object" },
);

/**
 * Missed notifications and messages of a client as the usual events, then their number: at most 100 of each, the newest. With
 * `more` the older ones are read over HTTP.
 */
export function catchUp({ missedNotifications, missedMessages, unread }: CatchUpDeps) {
  return async (socket: PushSocket, request: unknown) => {
    const { userId } = socket.data;
    if (userId <= 0n) throw new Refusal("UNAUTHENTICATED", "sign in first: guests are sent nothing that can be missed");
    const { last_notification_id: notificationId, last_message_id: messageId } = read(Position, request, "message");
    const [notifications, messages, unreadCount] = await Promise.all([
      notificationId === undefined ? [] : missedNotifications(userId, notificationId, MISSED_MAX + 1),
      messageId === undefined ? [] : missedMessages(userId, messageId, MISSED_MAX + 1),
      unread(userId),
    ]);
    return {
      unread: unreadCount,
      notifications: sendNewest(socket, notifications),
      messages: sendNewest(socket, messages),
    };
  };
}

function sendNewest(socket: PushSocket, missed: readonly Missed[]) {
  const sent = missed.slice(-MISSED_MAX);
  for (const send of sent) send(socket);
  return { sent: sent.length, more: missed.length > MISSED_MAX };
}
