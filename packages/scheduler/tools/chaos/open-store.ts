import type { JobStore } from "../../src/core/job-store.js";

/** Opens the store of a URL; each process loads only the driver that it needs. */
export async function openStore(url: string, namespace: string): Promise<JobStore> {
  if (url.startsWith("mysql:")) {
    const { MySQLJobStore } = await import("../../src/stores/mysql.js");
    return new MySQLJobStore({ url, namespace });
  }
  const { RedisJobStore } = await import("../../src/stores/redis.js");
  return new RedisJobStore({ url, namespace });
}
