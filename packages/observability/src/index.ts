export { createLog, type Log, logged } from "./log.js";
export { childTraceparent, isTraceparent } from "./traceparent.js";
