export { addNotification, type NotificationKind } from "./add-notification.js";
export { FAN_OUT_TASK, type FollowerPiece, fanOutIfFollowed, followerPieces, notifyFollowers } from "./fan-out.js";
