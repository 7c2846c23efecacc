export { ConfigError } from "./config/config-error.js";
export type { ConfigAdditions } from "./config/opener.js";
export * from "./core/index.js";
export { AsyncExecutor, type AsyncExecutorOptions } from "./executors/async-executor.js";
export { DebugExecutor } from "./executors/debug-executor.js";
export * from "./fluent/index.js";
export * from "./scheduler/index.js";
export { MemoryJobStore, type MemoryJobStoreOptions } from "./stores/memory.js";
export * from "./triggers/index.js";
