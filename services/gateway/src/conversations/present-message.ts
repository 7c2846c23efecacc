import type { Message } from "@headline/newsroom/conversations";

/** A message as HTTP and sockets send it. */
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
