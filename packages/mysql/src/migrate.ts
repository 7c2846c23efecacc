import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { mysqlAddress } from "@headline/config";
import mysql2 from "mysql2";

/**
 * Brings the schema up to date with the `NNN-name.sql` files of a folder, one statement each, in order, under a lock
 * that several starters may race for. DDL is not transactional, so a file never holds a second statement that could fail alone.
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
            { up: async (migration) => void (await sql.raw(statement).execute(migration)) },
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
