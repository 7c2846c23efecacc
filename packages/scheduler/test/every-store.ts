import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { noPostgres, throwawayMysql, throwawayPostgres, throwawayRedis } from "@headline/testkit";
import { afterAll, beforeAll } from "@jest/globals";
import type { JobStore } from "../src/core/job-store.js";
import { MemoryJobStore } from "../src/index.js";
import { MySQLJobStore, RedisJobStore } from "../src/stores/index.js";
import { PostgresJobStore } from "../src/stores/postgres.js";
import { SQLiteJobStore } from "../src/stores/sqlite.js";

export type StoreKind = "memory" | "SQLite" | "MySQL" | "PostgreSQL" | "Redis";

/** PostgreSQL where it is installed. */
export const STORE_KINDS: readonly StoreKind[] = [
  ...(["memory", "SQLite", "MySQL"] as const),
  ...(noPostgres === undefined ? (["PostgreSQL"] as const) : []),
  "Redis",
];

type Server = { url: string } & AsyncDisposable;

/** Opens the servers for the tests of a file, and gives makers of stores: the same namespace is the same data. */
export function everyStore(options: { shared?: boolean } = {}): ((kind: StoreKind, namespace?: string) => JobStore) & {
  /** The address of a server. */
  url(kind: "MySQL" | "Redis"): string;
} {
  let servers: { mysql: Server; redis: Server; postgres: Server | undefined };
  let opened = 0;
  const memory = new Map<string, MemoryJobStore>();
  const folder = mkdtempSync(join(tmpdir(), "headline-stores-"));
  beforeAll(async () => {
    const postgresql = noPostgres === undefined ? throwawayPostgres() : undefined;
    const [mysql, redis, postgres] = await Promise.all([throwawayMysql(), throwawayRedis(), postgresql]);
    servers = { mysql, redis, postgres };
  });
  afterAll(async () => {
    await servers?.mysql[Symbol.asyncDispose]();
    await servers?.redis[Symbol.asyncDispose]();
    await servers?.postgres?.[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true });
  });
  const open = (kind: StoreKind, namespace = `n${opened++}`): JobStore => {
    if (kind === "MySQL") return new MySQLJobStore({ url: servers.mysql.url, namespace });
    if (kind === "PostgreSQL") return new PostgresJobStore({ url: servers.postgres!.url, namespace });
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
