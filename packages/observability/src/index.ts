export { createLog, gathered, type Log, logged } from "./log.js";
export { childTraceparent, isTraceparent } from "./traceparent.js";
