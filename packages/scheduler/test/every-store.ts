import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { throwawayMysql, throwawayRedis } from "@headline/testkit";
import { afterAll, beforeAll } from "@jest/globals";
import type { JobStore } from "../src/core/job-store.js";
import { MemoryJobStore } from "../src/index.js";
import { MySQLJobStore, RedisJobStore } from "../src/stores/index.js";
import { SQLiteJobStore } from "../src/stores/sqlite.js";

export type StoreKind = "memory" | "SQLite" | "MySQL" | "Redis";

export const STORE_KINDS: readonly StoreKind[] = ["memory", "SQLite", "MySQL", "Redis"];

/** Opens the servers for the tests of a file, and gives makers of stores: the same namespace is the same data. */
export function everyStore(options: { shared?: boolean } = {}): ((kind: StoreKind, namespace?: string) => JobStore) & {
  /** The address of a server. */
  url(kind: "MySQL" | "Redis"): string;
} {
  let servers: { mysql: { url: string } & AsyncDisposable; redis: { url: string } & AsyncDisposable };
  let opened = 0;
  const memory = new Map<string, MemoryJobStore>();
  const folder = mkdtempSync(join(tmpdir(), "headline-stores-"));
  beforeAll(async () => {
    const [mysql, redis] = await Promise.all([throwawayMysql(), throwawayRedis()]);
    servers = { mysql, redis };
  });
  afterAll(async () => {
    await servers?.mysql[Symbol.asyncDispose]();
    await servers?.redis[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true });
  });
  const open = (kind: StoreKind, namespace = `n${opened++}`): JobStore => {
    if (kind === "MySQL") return new MySQLJobStore({ url: servers.mysql.url, namespace });
    if (kind === "Redis") return new RedisJobStore({ url: servers.redis.url, namespace });
    if (kind === "SQLite") return new SQLiteJobStore({ url: `sqlite:${join(folder, "jobs.db")}`, namespace });
    const store = memory.get(namespace) ?? new MemoryJobStore(options);
    memory.set(namespace, store);
    return store;
  };
  return Object.assign(open, {
    url: (kind: "MySQL" | "Redis") => (kind === "MySQL" ? servers.mysql : servers.redis).url,
  });
}
