export { createLog, type Log, logError, rateLimitedLog } from "./log.js";
export { type Problem, problemsOf } from "./problems.js";
export { childTraceparent, isTraceparent, traceIdOf, traceparentOfRequest } from "./traceparent.js";
