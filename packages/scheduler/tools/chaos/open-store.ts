import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { JobStore } from "../../src/core/job-store.js";

/** Opens the store of a URL; each process loads only the driver that it needs. */
export async function openStore(url: string, namespace: string): Promise<JobStore> {
  if (url.startsWith("mysql:")) {
    const { MySQLJobStore } = await import("../../src/stores/mysql.js");
    return new MySQLJobStore({ url, namespace });
  }
  if (url.startsWith("postgres:")) {
    const { PostgresJobStore } = await import("../../src/stores/postgres.js");
    return new PostgresJobStore({ url, namespace });
  }
  if (url.startsWith("sqlite:")) {
    const { SQLiteJobStore } = await import("../../src/stores/sqlite.js");
    return new SQLiteJobStore({ url, namespace });
  }
  const { RedisJobStore } = await import("../../src/stores/redis.js");
  return new RedisJobStore({ url, namespace });
}

/** Store that processes share. */
export type SharedStore = "sqlite" | "mysql" | "postgres" | "redis";

/** Opens a server, or makes a folder for a file, of its own. The testkit is not part of the processes that are killed. */
export async function throwawayStore(kind: SharedStore): Promise<{ url: string } & AsyncDisposable> {
  const { throwawayMysql, throwawayPostgres, throwawayRedis } = await import("@headline/testkit");
  if (kind === "postgres") return throwawayPostgres();
  if (kind === "mysql") return throwawayMysql();
  if (kind === "redis") return throwawayRedis({ tcp: true, durable: true });
  const folder = mkdtempSync(join(tmpdir(), "headline-chaos-"));
  return {
    url: `sqlite:${join(folder, "jobs.db")}`,
    [Symbol.asyncDispose]: async () => rmSync(folder, { recursive: true }),
  };
}
