export { appendChange, type Change } from "./change.js";
export { type ChangeFollower, followChanges } from "./follow-changes.js";
export { wakeFollowers } from "./wake-followers.js";
