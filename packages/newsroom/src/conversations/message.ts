import type { ChangeTopic } from "../schema/index.js";

/** State of a message: stored, received by a device of the recipient, read by the recipient. */
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

/** The recipient's progress, as message ids. */
export interface Receipts {
  readonly deliveredUpTo: bigint;
  readonly readUpTo: bigint;
}

/** Topic of one message: the subject is one of the two, the version the message's id. */
export const MESSAGE_TOPIC = "message" satisfies ChangeTopic;

export function stateOf(messageId: bigint, { deliveredUpTo, readUpTo }: Receipts): MessageState {
  if (messageId <= readUpTo) return "read";
  return messageId <= deliveredUpTo ? "delivered" : "sent";
}
