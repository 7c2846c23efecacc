/** Collation that distinguishes "a" from "a ": the servers have none in common, but each has one. */
export const EXACT = "/*M!100202 COLLATE utf8mb4_nopad_bin */ /*!80017 COLLATE utf8mb4_0900_bin */";

/**
 * A list of ids that comes as one JSON parameter, as the table `want`. Joined from there (STRAIGHT_JOIN), rows are looked up
 * and locked one by one, in the list's order. IN (…) would leave the server the choice to scan: then it locks everybody
 * else's rows too, and two batches wait for each other in a circle.
 */
export const WANT_IDS = "JSON_TABLE(?, '$[*]' COLUMNS (id VARCHAR(190) CHARACTER SET utf8mb4 PATH '$')) want";

/** The same of objects with an `id` and more columns, each after the member of its name: `wantRows("next_ms BIGINT")`. */
export function wantRows(...columns: readonly string[]): string {
  const all = ["id VARCHAR(190) CHARACTER SET utf8mb4", ...columns];
  return `JSON_TABLE(?, '$[*]' COLUMNS (${all.map((column) => `${column} PATH '$.${column.split(" ", 1)[0]}'`).join(", ")})) want`;
}

/** Locks the rows of one table and not those of `want`, which MySQL cannot lock; MariaDB can, and has no OF. */
export function locking(alias: string): string {
  return `FOR UPDATE /*!80001 OF ${alias} */`;
}

/** Sorts and deduplicates ids: several rows are always locked in this order. */
export function idList(ids: readonly string[]): string {
  return JSON.stringify([...new Set(ids)].sort());
}

/** The same of objects. */
export function rowList(rows: readonly { readonly id: string }[]): string {
  return JSON.stringify([...rows].sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0)));
}
