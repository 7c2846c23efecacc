import type { JobStore } from "../core/job-store.js";
import type { MySQLJobStoreOptions } from "./mysql.js";
import type { RedisJobStoreOptions } from "./redis.js";

/** Opens stores by their URL. A client is loaded only then: a user of Redis need not have mysql2. */
export const openStore = {
  async mysql(options: MySQLJobStoreOptions): Promise<JobStore> {
    const { MySQLJobStore } = await import("./mysql.js");
    return new MySQLJobStore(options);
  },

  async redis(options: RedisJobStoreOptions): Promise<JobStore> {
    const { RedisJobStore } = await import("./redis.js");
    return new RedisJobStore(options);
  },
} as const;

/** Which kind of store a URL (or the path of Redis's socket) names; undefined when it names none. */
export function storeKind(url: string): keyof typeof openStore | undefined {
  if (/^(mysql|mariadb):\/\//.test(url)) return "mysql";
  if (/^(rediss?|unix):\/\/|^\//.test(url)) return "redis";
  return undefined;
}
