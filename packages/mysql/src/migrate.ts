import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { mysqlAddress } from "@headline/service/config";
import mysql2 from "mysql2";
import type { Pool as PromisePool } from "mysql2/promise";
import { isConnectionBroken } from "./failure.js";
import { prepareSessionSql } from "./session.js";

/**
 * Brings the schema up to date with the `NNN-name.sql` files of a folder, one statement each, in order, under a lock
 * that several starters may race for. DDL is not transactional, so a file never holds a second statement that could fail alone, and a
 * start is written down before the statement: where a migrator ended in between, "exists already" means that it was carried out.
 *
 * @returns the names of the migrations that were applied, none when the schema was current.
 */
export async function migrate(url: string, folder: string): Promise<readonly string[]> {
  const names = (await readdir(folder)).filter((file) => file.endsWith(".sql")).sort();
  const pool = mysql2.createPool({
    ...mysqlAddress(url),
    connectionLimit: 1,
    charset: "utf8mb4",
    connectTimeout: 10_000,
  });
  pool.on("connection", (connection) => {
    for (const sql of prepareSessionSql())
      connection.query(sql, (error) => {
        if (error) connection.destroy(); // statements behind it fail
      });
  });
  try {
    const applied = await appliedNames(pool);
    if (names.every((name) => applied.has(stem(name)))) return [];
    return await applyMissing(pool, folder, names);
  } finally {
    pool.end(() => undefined);
  }
}

/** Kysely is loaded only when there is something to do: a start with a current schema stays fast. */
async function applyMissing(pool: mysql2.Pool, folder: string, names: readonly string[]): Promise<readonly string[]> {
  const { Kysely, Migrator, MysqlDialect, sql } = await import("kysely");
  const db = new Kysely<unknown>({ dialect: new MysqlDialect({ pool: async () => pool as never }) });
  await prepareStarts(pool.promise(), names.map(stem));
  const migrator = new Migrator({
    db,
    allowUnorderedMigrations: true, // two branches may number theirs side by side
    provider: {
      getMigrations: async () => {
        const files = await Promise.all(
          names.map(async (name) => [stem(name), await readFile(join(folder, name), "utf8")] as const),
        );
        return Object.fromEntries(
          files.map(([name, statement]) => [
            name,
            { up: (migration) => applyOnce(name, (text) => sql.raw<StartRow>(text).execute(migration), statement) },
          ]),
        );
      },
    },
  });
  const { error, results = [] } = await migrator.migrateToLatest();
  if (error !== undefined) {
    const failed = results.find((result) => result.status === "Error")?.migrationName ?? "the migrations";
    throw new Error(`${failed} failed: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
  return results.map((result) => result.migrationName);
}

interface StartRow {
  readonly name: string;
}

type Run = (sql: string) => Promise<{ readonly rows: readonly StartRow[] }>;

const STARTS = "migration_starts";
const CREATE_STARTS = `CREATE TABLE IF NOT EXISTS ${STARTS} (name VARCHAR(190) NOT NULL PRIMARY KEY)
  ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin COMMENT = 'migrations whose statement was begun'`;

/**
 * Makes the table of starts. Where earlier versions, which had none, applied migrations, one may be carried out and not
 * recorded: every migration without a record counts as begun, until one of them is found done.
 */
async function prepareStarts(pool: PromisePool, names: string[]): Promise<void> {
  const applied = await rowsOf(pool, "kysely_migration");
  const started = await rowsOf(pool, STARTS);
  await pool.query(CREATE_STARTS);
  const isOfEarlierVersion = applied !== undefined && (started === undefined || (applied > 0 && started === 0));
  if (isOfEarlierVersion && names.length > 0)
    await pool.query(
      `INSERT IGNORE INTO ${STARTS} (name) SELECT name FROM (${names.map(() => "SELECT ? AS name").join(" UNION ALL ")}) known
        WHERE name NOT IN ${RECORDED}`,
      names,
    );
}

/** Undefined where there is no such table. */
async function rowsOf(pool: PromisePool, table: string): Promise<number | undefined> {
  try {
    const [[row]] = await pool.query<mysql2.RowDataPacket[]>(`SELECT COUNT(*) AS count FROM ${table}`);
    return Number(row?.["count"]);
  } catch (error) {
    if ((error as { code?: string }).code === "ER_NO_SUCH_TABLE") return undefined;
    throw error;
  }
}

/** Table, column, key, row or constraint exists already; column, key or table to be dropped or renamed is gone already. */
const DONE_ALREADY = new Set([1050, 1060, 1061, 1062, 1826, 3822, 1051, 1054, 1091, 1146, 3821]);

const RECORDED = "(SELECT CONVERT(name USING utf8mb4) COLLATE utf8mb4_bin FROM kysely_migration)";

/** Runs a migration's statement; where an earlier start of it has an unknown end, what is done already is done. */
async function applyOnce(name: string, run: Run, statement: string): Promise<void> {
  const quoted = `'${name.replaceAll("'", "''").replaceAll("\\", "\\\\")}'`;
  const { rows } = await run(`SELECT name FROM ${STARTS} WHERE name = ${quoted}`);
  if (rows.length === 0) await run(`INSERT INTO ${STARTS} (name) VALUES (${quoted})`);
  try {
    await run(statement);
  } catch (error) {
    const errno = (error as { errno?: number }).errno;
    if (rows.length > 0 && errno !== undefined && DONE_ALREADY.has(errno)) {
      await run(`DELETE FROM ${STARTS} WHERE name <> ${quoted} AND name NOT IN ${RECORDED}`); // only one can be half done
      return;
    }
    // A server that says why it refused has not done it. A lost connection says nothing, and the start stays.
    if (errno !== undefined && !isConnectionBroken(error)) await run(`DELETE FROM ${STARTS} WHERE name = ${quoted}`);
    throw error;
  }
}

async function appliedNames(pool: mysql2.Pool): Promise<ReadonlySet<string>> {
  try {
    const [rows] = await pool.promise().query<mysql2.RowDataPacket[]>("SELECT name FROM kysely_migration");
    return new Set(rows.map((row) => String(row["name"])));
  } catch (error) {
    if ((error as { code?: string }).code === "ER_NO_SUCH_TABLE") return new Set();
    throw error;
  }
}

function stem(file: string): string {
  return file.replace(/\.sql$/, "");
}
