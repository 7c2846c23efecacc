/** How far a message came: it is kept, a device of the recipient took it, the recipient read it. */
export type MessageState = "sent" | "delivered" | "read";

export interface Message {
  readonly messageId: bigint;
  readonly senderId: bigint;
  readonly recipientId: bigint;
  readonly text: string;
  /** A UUID of the sender. */
  readonly clientId: string;
  readonly createdAt: Date;
  readonly state: MessageState;
}

/** How far the recipient is: ids of messages. */
export interface Receipts {
  readonly deliveredUpTo: bigint;
  readonly readUpTo: bigint;
}

/** The change that tells of one message: its subject is one of the two, its version the message's id. */
export const MESSAGE_TOPIC = "message";

export function stateOf(messageId: bigint, { deliveredUpTo, readUpTo }: Receipts): MessageState {
  if (messageId <= readUpTo) return "read";
  return messageId <= deliveredUpTo ? "delivered" : "sent";
}

/** On the wire, pushed and asked for alike. */
export function presentMessage({ messageId, senderId, recipientId, text, clientId, createdAt, state }: Message) {
  return {
    message_id: String(messageId),
    sender_id: String(senderId),
    recipient_id: String(recipientId),
    text,
    client_id: clientId,
    created_at: createdAt.toISOString(),
    state,
  };
}
