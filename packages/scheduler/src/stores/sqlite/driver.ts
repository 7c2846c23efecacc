import { optionalPeer } from "../../core/optional-peer.js";

/** Value that a statement takes. */
export type SqlValue = string | number | null;

/** Statement as the drivers have it. */
export interface SQLiteStatement {
  all(...values: SqlValue[]): unknown[];
  run(...values: SqlValue[]): { readonly changes: number | bigint };
}

/** Connection as `node:sqlite`, better-sqlite3 and libsql have it. */
export interface SQLiteDatabase {
  exec(sql: string): unknown;
  prepare(sql: string): SQLiteStatement;
  close(): unknown;
}

/** Library that opens the file. */
export type SQLiteDriver = "node:sqlite" | "better-sqlite3" | "libsql";

type Open = (path: string) => SQLiteDatabase;
type DatabaseClass = new (path: string) => SQLiteDatabase;

const STORE = "SQLiteJobStore";
const PACKAGES = ["better-sqlite3", "libsql"] as const;

/** Loads a driver: Node's own where Node has it, else the first package that is installed. Throws an Error that names them. */
export function loadDriver(wanted: SQLiteDriver | undefined): Open {
  if (wanted === "better-sqlite3" || wanted === "libsql") return packaged(wanted);
  const builtIn = nodeSqlite();
  if (builtIn !== undefined) return builtIn;
  if (wanted !== undefined) throw new Error(`${STORE} needs Node ≥ 22.13 for node:sqlite, this is ${process.version}`);
  for (const name of PACKAGES) {
    try {
      return packaged(name);
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
  }
  throw new Error(`${STORE} needs Node ≥ 22.13, or a driver, and none is installed: npm install libsql`);
}

function nodeSqlite(): Open | undefined {
  const module = process.getBuiltinModule("node:sqlite") as unknown as { DatabaseSync: DatabaseClass } | undefined;
  return module && ((path) => new module.DatabaseSync(path));
}

function packaged(name: (typeof PACKAGES)[number]): Open {
  const Database = optionalPeer<DatabaseClass>(name, STORE);
  return (path) => new Database(path);
}

function isMissing(error: unknown): boolean {
  return ((error as Error).cause as NodeJS.ErrnoException | undefined)?.code === "MODULE_NOT_FOUND";
}
