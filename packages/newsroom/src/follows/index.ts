export { followedAmong, isFollowing, readFollowed } from "./read-follows.js";
export { type Follow, type WrittenFollow, writeFollow } from "./write-follow.js";
