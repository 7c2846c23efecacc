export {
  type Conversation,
  markConversationRead,
  markDelivered,
  type ReadUpTo,
  readConversations,
} from "./conversation-store.js";
export { MESSAGE_TOPIC, type Message, type MessageState, type Receipts, stateOf } from "./message.js";
export { MessageBlocked } from "./message-blocked.js";
export {
  insertMessage,
  type KeptMessage,
  type NewMessage,
  readConversation,
  readMessages,
  readMissedMessages,
} from "./message-store.js";
