import type { JobStore } from "../core/job-store.js";
import { MemoryJobStore, type MemoryJobStoreOptions } from "../stores/memory.js";
import type { MySQLJobStoreOptions } from "../stores/mysql.js";
import { openStore, storeKind } from "../stores/open-store.js";
import type { PostgresJobStoreOptions } from "../stores/postgres.js";
import type { RedisJobStoreOptions } from "../stores/redis.js";
import type { SQLiteJobStoreOptions } from "../stores/sqlite.js";
import type { StoreKind } from "../stores/store-address.js";
import { byType, type Check, fields, flag, text, whole } from "./check.js";
import { checkedUrl } from "./checked-url.js";
import { ConfigError } from "./config-error.js";
import type { Opener } from "./opener.js";

const memory = fields<Required<Omit<MemoryJobStoreOptions, "clock">>>({ historyMax: whole(0), shared: flag });

type MySQLFields = Required<Omit<MySQLJobStoreOptions, "pool" | "wake" | "now">>;
const mysql = fields<MySQLFields, "url">(
  { url: urlOf("mysql"), namespace: text, tablePrefix: text, connectMs: whole(1), statementMs: whole(1) },
  "url",
);

type PostgresFields = Required<Omit<PostgresJobStoreOptions, "pool" | "now" | "logger">>;
const postgres = fields<PostgresFields, "url">(
  { url: urlOf("postgres"), namespace: text, tablePrefix: text, connectMs: whole(1), statementMs: whole(1) },
  "url",
);

type RedisFields = Required<Pick<RedisJobStoreOptions, "url" | "namespace">>;
const redis = fields<RedisFields, "url">({ url: urlOf("redis"), namespace: text }, "url");

type SQLiteFields = Required<Pick<SQLiteJobStoreOptions, "url" | "namespace" | "lockMs">>;
const sqlite = fields<SQLiteFields, "url">({ url: urlOf("sqlite"), namespace: text, lockMs: whole(0) }, "url");

/** Checks `{ "type": "memory" | "sqlite" | "mysql" | "postgres" | "redis", … }`: the options of that store that JSON can hold. */
export const storeOpener: Check<Opener<JobStore>> = byType<Opener<JobStore>>({
  memory(value, path) {
    const options = memory(value, path);
    return async ({ clock }) => new MemoryJobStore({ ...options, ...(clock === undefined ? {} : { clock }) });
  },
  mysql(value, path) {
    const options = mysql(value, path);
    return () => openStore.mysql(options);
  },
  postgres(value, path) {
    const options = postgres(value, path);
    return ({ logger }) => openStore.postgres({ ...options, ...(logger === undefined ? {} : { logger }) });
  },
  sqlite(value, path) {
    const options = sqlite(value, path);
    return () => openStore.sqlite(options);
  },
  redis(value, path) {
    const options = redis(value, path);
    return ({ logger }) => openStore.redis({ ...options, ...(logger === undefined ? {} : { logger }) });
  },
});

const SCHEMES: Readonly<Record<StoreKind, string>> = {
  mysql: "mysql:// or mariadb://",
  postgres: "postgres:// or postgresql://",
  redis: "redis://, rediss://, unix:// or /",
  sqlite: "sqlite:",
};

/** Checks an address; an error repeats no part of it, which may hold a password. */
function urlOf(kind: StoreKind): Check<string> {
  return (value, path) => {
    const url = typeof value === "string" ? value : "";
    if (storeKind(url) === kind) return checkedUrl(kind, url, path);
    throw new ConfigError(path, `must begin with ${SCHEMES[kind]}`);
  };
}
