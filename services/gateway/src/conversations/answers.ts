import { z } from "zod";
import { count, id, listOf, time } from "../http/answers.js";

export const Message = z
  .object({
    message_id: id,
    sender_id: id,
    recipient_id: id,
    text: z.string(),
    client_id: z.string().meta({ format: "uuid" }),
    created_at: time,
    state: z.enum(["sent", "delivered", "read"]),
  })
  .meta({ id: "Message" });
export const MessageList = listOf(Message).meta({ id: "MessageList" });

export const Conversation = z
  .object({
    user_id: id,
    user_name: z.string(),
    unread: count,
    read_up_to: id,
    last_message: Message.nullable(),
  })
  .meta({ id: "Conversation" });
export const ConversationList = listOf(Conversation).meta({ id: "ConversationList" });
export const ConversationLeft = z
  .object({ user_id: id, read_up_to: id, unread: count })
  .meta({ id: "ConversationLeft" });
