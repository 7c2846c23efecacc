import type { JobStore } from "../core/job-store.js";
import type { MySQLJobStoreOptions } from "./mysql.js";
import type { PostgresJobStoreOptions } from "./postgres.js";
import type { RedisJobStoreOptions } from "./redis.js";
import type { SQLiteJobStoreOptions } from "./sqlite.js";
import type { StoreKind } from "./store-address.js";

/** Opens stores by their URL. A client is loaded only then: a user of Redis need not have mysql2. */
export const openStore = {
  async mysql(options: MySQLJobStoreOptions): Promise<JobStore> {
    const { MySQLJobStore } = await import("./mysql.js");
    return new MySQLJobStore(options);
  },

  async postgres(options: PostgresJobStoreOptions): Promise<JobStore> {
    const { PostgresJobStore } = await import("./postgres.js");
    return new PostgresJobStore(options);
  },

  async redis(options: RedisJobStoreOptions): Promise<JobStore> {
    const { RedisJobStore } = await import("./redis.js");
    return new RedisJobStore(options);
  },

  async sqlite(options: SQLiteJobStoreOptions): Promise<JobStore> {
    const { SQLiteJobStore } = await import("./sqlite.js");
    return new SQLiteJobStore(options);
  },
} as const;

/** Kind of store that a URL (or the path of Redis's socket) names; undefined when it names none. */
export function storeKind(url: string): StoreKind | undefined {
  if (/^(mysql|mariadb):\/\//.test(url)) return "mysql";
  if (/^postgres(ql)?:\/\//.test(url)) return "postgres";
  if (/^(rediss?|unix):\/\/|^\//.test(url)) return "redis";
  if (/^sqlite:/.test(url)) return "sqlite";
  return undefined;
}
