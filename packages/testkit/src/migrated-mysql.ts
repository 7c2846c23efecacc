import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { createConnection, type RowDataPacket } from "mysql2/promise";
import { askMysql } from "./ask-mysql.js";
import { type ThrowawayMysql, throwawayMysql } from "./throwaway-mysql.js";

/** Parts of a clone of the template. */
interface Template {
  readonly database: string;
  readonly tables: readonly string[];
  /** Those of them that a migration left rows in. */
  readonly filled: readonly string[];
}

/**
 * A database with the schema that `migrate` makes, which is the same for every caller. The first one of a run leaves a
 * template behind, of which the others are copies, in a third of the time. Copies have no foreign keys, and on a server that
 * outlives the run every caller migrates.
 */
export async function migratedMysql(migrate: (url: string) => Promise<unknown>): Promise<ThrowawayMysql> {
  const database = await throwawayMysql();
  const folder = dirname(new URL(database.url).searchParams.get("socketPath") ?? "");
  const known = join(folder, "template.json");
  if (existsSync(known)) {
    await copy(JSON.parse(readFileSync(known, "utf8")), database);
    return database;
  }
  await migrate(database.url);
  if (process.env["HEADLINE_TEST_MYSQL_SOCKET"] || !isFirst(folder)) return database;
  const template = await throwawayMysql(); // goes with the server
  const made = await templateOf(database);
  await copy(made, template);
  writeFileSync(`${known}.new`, JSON.stringify({ ...made, database: template.database }));
  renameSync(`${known}.new`, known);
  return database;
}

function isFirst(folder: string): boolean {
  try {
    mkdirSync(join(folder, "template.making"));
    return true;
  } catch {
    return false;
  }
}

async function templateOf({ url, database }: ThrowawayMysql): Promise<Template> {
  const tables = (await askMysql(url, "SHOW TABLES")).map((row) => String(Object.values(row)[0]));
  const filled: string[] = [];
  for (const table of tables)
    if ((await askMysql(url, `SELECT 1 FROM ${table} LIMIT 1`)).length > 0) filled.push(table);
  return { database, tables, filled };
}

async function copy({ database: from, tables, filled }: Template, { url }: ThrowawayMysql): Promise<void> {
  const connection = await createConnection({ uri: url, multipleStatements: true });
  try {
    const statements = [
      ...tables.map((table) => `CREATE TABLE ${table} LIKE ${from}.${table}`),
      ...filled.map((table) => `INSERT INTO ${table} SELECT * FROM ${from}.${table}`),
    ];
    await connection.query<RowDataPacket[][]>(statements.join(";"));
  } finally {
    await connection.end();
  }
}
