import { join } from "node:path";
import { ExpectedFailure } from "../lib/expected-failure.mjs";
import { root } from "../lib/root.mjs";
import { settleDemoPassword } from "./demo-password.mjs";
import { loadSample } from "./load-sample.mjs";

/** Loads the code that `prepareDatabase` needs, while there is nothing else to do. */
export function loadDatabaseCode() {
  return import("@headline/mysql");
}

/**
 * The schema as the migrations say, and the sample when there is nothing to read yet. Returns the password of the demo accounts, where
 * it is the published one: never when other machines reach them (`isOpen`).
 */
export async function prepareDatabase({ mysqlUrl, wantsSample, isOpen, onProgress }) {
  const { migrate, mysqlInWords, openMysql } = await loadDatabaseCode();
  try {
    const applied = await migrate(mysqlUrl, join(root, "packages/newsroom/migrations"));
    if (applied.length > 0) onProgress(`schema: ${applied.length} migrations applied`);
  } catch (error) {
    throw asExpected(error, mysqlInWords("MYSQL_URL", error));
  }
  const mysql = openMysql(mysqlUrl, { connectionsMax: 1, acquireTimeoutMs: 5_000, statementTimeoutMs: 5_000 });
  try {
    if (wantsSample && !(await hasArticles(mysql))) await loadSample({ mysqlUrl, onProgress });
    return await settleDemoPassword({ mysql, isOpen, onProgress });
  } finally {
    await mysql.close();
  }
}

async function hasArticles(mysql) {
  return (await mysql.query("SELECT id FROM articles LIMIT 1")).length > 0;
}

function asExpected(error, words) {
  if (error.code === "ER_BAD_DB_ERROR") {
    return new ExpectedFailure(
      `${words}. Create it:\n  CREATE DATABASE headline CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;`,
    );
  }
  if (words !== undefined) return new ExpectedFailure(words);
  return typeof error.code === "string" || error.cause !== undefined
    ? new ExpectedFailure(`The database could not be prepared: ${error.message}`)
    : error;
}
