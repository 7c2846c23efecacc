import type { Mysql } from "@headline/mysql";
import {
  MESSAGE_TOPIC,
  type Message,
  markDelivered,
  readMessages,
  readMissedMessages,
} from "@headline/newsroom/conversations";
import {
  countUnread,
  FAN_OUT_TOPIC,
  NOTIFICATION_TOPIC,
  type Notification,
  readFanOut,
  readMissed,
  readNotifications,
} from "@headline/newsroom/notifications";
import { presentMessage } from "../conversations/present-message.js";
import { presentNotification } from "../notifications/present-notification.js";
import type { PushedRow } from "./change-pusher.js";
import { hangUp, isClogged } from "./is-clogged.js";
import { type LocalSockets, send } from "./local-sockets.js";
import { type PushServer, type PushSocket, roomOf } from "./push-events.js";

interface RowDeps {
  readonly io: PushServer;
  readonly local: LocalSockets;
  readonly mysql: Mysql;
  /** True for a row that was not sent to the user before. */
  readonly isFirst: (topic: string, userId: bigint, id: bigint) => boolean;
  readonly onError: (error: unknown) => void;
}

const USERS_AT_ONCE = 1_000;
/** Time for a client to acknowledge a message, ms. */
const ACKNOWLEDGE_MS = 5_000;

/** Reads the rows that are pushed, and sends them to the sockets of this gateway. */
export function rowsToPush({ io, local, mysql, isFirst, onError }: RowDeps) {
  const sendNotification = (notification: Notification) =>
    local.emit(notification.userId, "notification", presentNotification(notification));

  /** Marks an acknowledged message as delivered and notifies the sender's devices on any gateway. */
  const sendMessage = (socket: PushSocket, message: Message): void => {
    const { recipientId } = message;
    if (isClogged(socket)) hangUp(socket.conn);
    else if (socket.data.userId === recipientId) sendToRecipient(socket, message);
    else socket.emit("message", presentMessage(message));
  };

  const sendToRecipient = (socket: PushSocket, message: Message): void => {
    const { messageId, senderId, recipientId } = message;
    socket.timeout(ACKNOWLEDGE_MS).emit("message", presentMessage(message), (timedOut?: unknown) => {
      if (timedOut) return; // it is sent again when the client asks what it missed
      markDelivered(mysql, recipientId, senderId, messageId)
        .then((moved) => {
          const delivered = { user_id: String(recipientId), up_to: String(messageId) };
          if (moved) io.to(roomOf(senderId)).emit("delivered", delivered);
        })
        .catch(onError);
    });
  };

  const sendFanOut = async (articleId: bigint): Promise<void> => {
    const userIds = local.userIds();
    for (let from = 0; from < userIds.length; from += USERS_AT_ONCE) {
      const notifications = await readFanOut(mysql, articleId, userIds.slice(from, from + USERS_AT_ONCE));
      for (const notification of notifications)
        if (isFirst(NOTIFICATION_TOPIC, notification.userId, notification.id)) sendNotification(notification);
    }
  };

  return {
    push: {
      [NOTIFICATION_TOPIC]: async (rows: readonly PushedRow[]) => {
        for (const notification of await readNotifications(mysql, idsOf(rows))) sendNotification(notification);
      },
      [MESSAGE_TOPIC]: async (rows: readonly PushedRow[]) => {
        const messages = new Map(
          (await readMessages(mysql, idsOf(rows))).map((message) => [message.messageId, message]),
        );
        for (const { userId, id } of rows) {
          const message = messages.get(id);
          if (message !== undefined) for (const socket of local.of(userId)) sendMessage(socket, message);
        }
      },
    },
    pushToMany: { [FAN_OUT_TOPIC]: sendFanOut },
    missed: {
      unread: (userId: bigint) => countUnread(mysql, userId),
      missedNotifications: async (userId: bigint, lastId: bigint, count: number) =>
        (await readMissed(mysql, userId, lastId, count)).map((notification) => (socket: PushSocket) => {
          send(socket, "notification", presentNotification(notification));
        }),
      missedMessages: async (userId: bigint, lastId: bigint, count: number) =>
        (await readMissedMessages(mysql, userId, lastId, count)).map(
          (message) => (socket: PushSocket) => sendMessage(socket, message),
        ),
    },
  };
}

function idsOf(rows: readonly PushedRow[]): bigint[] {
  return [...new Set(rows.map(({ id }) => id))];
}
