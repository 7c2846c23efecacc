export { appendChanges, type Change } from "./change.js";
export { type ChangeFollower, type ChangeSource, followChanges } from "./follow-changes.js";
export { pruneChanges } from "./prune-changes.js";
export { wakeFollowers } from "./wake-followers.js";
