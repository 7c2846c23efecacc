import { postgresAddress } from "./postgres/address.js";
import { mysqlAddress, redisAddress } from "./server-url.js";
import { sqlitePath } from "./sqlite/path.js";

/** Readers of the URLs of stores, by the kind of the store. */
export const addressOf = {
  mysql: mysqlAddress,
  postgres: postgresAddress,
  redis: redisAddress,
  sqlite: sqlitePath,
} as const;

/** Kind of a store with a URL. */
export type StoreKind = keyof typeof addressOf;
