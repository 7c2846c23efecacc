export { severalAtATime } from "./several-at-a-time.js";
export { Slots } from "./slots.js";
