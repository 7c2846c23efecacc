export { abortable } from "./abortable.js";
export { backoff, jitter } from "./backoff.js";
export { DeadlineExceeded, deadline } from "./deadline.js";
export { pause } from "./pause.js";
export { poll } from "./poll.js";
export { until } from "./until.js";
