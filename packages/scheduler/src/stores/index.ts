export type { JobStore } from "../core/job-store.js";
export { MemoryJobStore, type MemoryJobStoreOptions } from "./memory.js";
export { MySQLJobStore, type MySQLJobStoreOptions, type Wake } from "./mysql.js";
export { RedisJobStore, type RedisJobStoreOptions } from "./redis.js";
export type { InTransactionOptions, JobsInTransaction, RunSql, SharedJobSpec } from "./sql/jobs-in-transaction.js";
