export { addNotification, removeNotification } from "./add-notification.js";
export {
  FAN_OUT_TASK,
  type FollowerPiece,
  fanOutIfFollowed,
  followerPieces,
  type NotifiedPiece,
  notifyFollowers,
} from "./fan-out.js";
export { countUnread, markRead, readFanOut, readInbox, readMissed, readNotifications } from "./inbox.js";
export {
  FAN_OUT_TOPIC,
  INBOX_MAX,
  type NewNotification,
  NOTIFICATION_KINDS,
  NOTIFICATION_TOPIC,
  NOTIFICATIONS,
  type Notification,
  type NotificationKind,
} from "./notification.js";
export { pruneInboxes } from "./prune-inboxes.js";
