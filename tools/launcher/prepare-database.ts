import { join } from "node:path";
import { migrate, mysqlInWords, openMysql } from "@headline/mysql";
import { hasArticles } from "@headline/newsroom/articles";
import { loadSample } from "../content/sample.js";
import { ExpectedFailure } from "../lib/expected-failure.js";
import { root } from "../lib/root.js";
import { formatSeconds } from "../lib/terminal.js";
import { settleDemoPassword } from "./demo-password.js";

const MIGRATIONS = "packages/newsroom/migrations";

interface Preparation {
  readonly mysqlUrl: string;
  readonly wantsSample: boolean;
  /** Whether other machines reach the gateway. */
  readonly isOpen: boolean;
  readonly onProgress: (line: string) => void;
}

/**
 * Brings the schema up to date and loads the sample where there is no article. Returns the password of the demo accounts where it is the
 * published one: never when other machines reach them.
 */
export async function prepareDatabase(preparation: Preparation): Promise<string | undefined> {
  const { mysqlUrl, wantsSample, isOpen, onProgress } = preparation;
  await applyMigrations(mysqlUrl, onProgress);
  const mysql = openMysql(mysqlUrl, { connectionsMax: 1, acquireTimeoutMs: 5_000, statementTimeoutMs: 5_000 });
  try {
    if (wantsSample && !(await hasArticles(mysql))) await addSample(mysqlUrl, onProgress);
    return await settleDemoPassword({ mysql, isOpen, onProgress });
  } finally {
    await mysql.close();
  }
}

async function applyMigrations(mysqlUrl: string, onProgress: (line: string) => void): Promise<void> {
  try {
    const applied = await migrate(mysqlUrl, join(root, MIGRATIONS));
    if (applied.length > 0) onProgress(`schema: ${applied.length} migrations applied`);
  } catch (error) {
    throw asExpected(error as NodeJS.ErrnoException, mysqlInWords("MYSQL_URL", error));
  }
}

async function addSample(mysqlUrl: string, onProgress: (line: string) => void): Promise<void> {
  const startedAt = performance.now();
  const { articles, authors, readers } = await loadSample(mysqlUrl);
  const seconds = formatSeconds(performance.now() - startedAt);
  onProgress(`sample: ${articles} articles by ${authors} authors, with ${readers} readers, in ${seconds}`);
}

function asExpected(error: NodeJS.ErrnoException, words: string | undefined): Error {
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
