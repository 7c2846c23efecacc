import { statSync } from "node:fs";
import { dirname } from "node:path";
import { setImmediate } from "node:timers/promises";
import type { SqlRow } from "../sql/execution-row.js";
import type { SQLiteDatabase, SQLiteStatement, SqlValue } from "./driver.js";
import { describeFailure, failureOf, SQLiteFileError } from "./failure.js";

/** Statements of one transaction, or of a read without one. All of them are at one moment. */
export interface Session {
  readonly ns: string;
  /** Store's clock, epoch ms. */
  readonly nowMs: number;
  rows(sql: string, ...values: SqlValue[]): SqlRow[];
  /** Executes a statement; returns the number of rows that it changed. */
  run(sql: string, ...values: SqlValue[]): number;
}

/** Options of the file of a store. */
export interface SessionOptions {
  readonly ns: string;
  /** Longest wait for the file's lock, ms. */
  readonly lockMs: number;
  readonly now: () => number;
}

/** Connection of a store: where it comes from, and whether it is closed with the store. */
export type Connection =
  | { readonly path: string; readonly open: (path: string) => SQLiteDatabase }
  | { readonly database: SQLiteDatabase };

/** Longest pause between two tries to get the lock, ms. */
const RETRY_MS = 20;
const WAL = "wal";
/** Bytes to which the write-ahead log is cut after a checkpoint. */
const LOG_SIZE = 16_000_000;

/**
 * One connection to a file that other processes use at the same time. A driver is synchronous and SQLite has one writer: a
 * transaction begins with its lock (BEGIN IMMEDIATE) and runs to its end in one turn of the event loop, and the wait for
 * the lock of another process is done here, between turns.
 */
export class Sessions {
  #database: SQLiteDatabase | undefined;
  #statements = new Map<string, SQLiteStatement>();
  #inode: number | undefined;
  #isClosed = false;

  constructor(
    private readonly connection: Connection,
    private readonly options: SessionOptions,
  ) {}

  /** Runs reads without a transaction; each sees the newest commit. */
  read<T>(work: (session: Session) => T): Promise<T> {
    return this.#whenFree(() => work(this.#session()));
  }

  /** Runs a transaction; an error leaves nothing of it. */
  write<T>(work: (session: Session) => T): Promise<T> {
    return this.#whenFree(() => {
      const database = this.#open();
      this.#checkFile();
      database.exec("BEGIN IMMEDIATE");
      try {
        const result = work(this.#session());
        database.exec("COMMIT");
        return result;
      } catch (error) {
        this.#rollBack(database);
        throw error;
      }
    });
  }

  /** Runs a transaction for each piece, and lets other work of the process pass between two of them. */
  async writeEach<Piece, T>(pieces: readonly Piece[], work: (session: Session, piece: Piece) => T[]): Promise<T[]> {
    const results: T[] = [];
    for (const [at, piece] of pieces.entries()) {
      if (at > 0) await setImmediate();
      results.push(...(await this.write((session) => work(session, piece))));
    }
    return results;
  }

  reopen(): void {
    this.#isClosed = false;
  }

  close(): void {
    this.#isClosed = true;
    this.#drop();
  }

  /** Tries until the lock is free or the wait is over. */
  async #whenFree<T>(work: () => T): Promise<T> {
    const { lockMs } = this.options;
    const until = performance.now() + lockMs;
    for (;;) {
      try {
        return work();
      } catch (error) {
        const failure = failureOf(error);
        if (failure === "busy" && performance.now() < until) {
          await new Promise((resolve) => setTimeout(resolve, Math.random() * RETRY_MS));
          continue;
        }
        // A connection that failed otherwise may be of a file that is replaced or repaired meanwhile.
        if (failure !== undefined && failure !== "busy" && failure !== "constraint") this.#drop();
        if (failure === "busy") throw this.#error(`has been locked by another program for ${lockMs} ms`, error);
        throw describeFailure(this.#path(), error);
      }
    }
  }

  #session(): Session {
    const { ns, now } = this.options;
    return {
      ns,
      nowMs: Math.trunc(now()),
      // A list of this context: a driver's own is none of `Array` where the store runs in another one (node:vm).
      rows: (sql, ...values) => [...this.#prepared(sql).all(...values)] as SqlRow[],
      run: (sql, ...values) => Number(this.#prepared(sql).run(...values).changes),
    };
  }

  #prepared(sql: string): SQLiteStatement {
    const database = this.#open();
    const known = this.#statements.get(sql) ?? database.prepare(sql);
    this.#statements.set(sql, known);
    return known;
  }

  #open(): SQLiteDatabase {
    if (this.#isClosed) throw new Error("the job store is closed");
    if (this.#database !== undefined) return this.#database;
    if ("database" in this.connection) {
      checkMode(this.connection.database, this.#path());
      this.#database = this.connection.database;
      return this.#database;
    }
    const { path } = this.connection;
    checkFolder(path);
    const database = opened(this.connection);
    try {
      database.exec("PRAGMA busy_timeout = 0");
      database.prepare("PRAGMA journal_mode = WAL").all();
      checkMode(database, path);
      // A commit that was answered outlives a power failure as well: what started is not started again.
      database.exec("PRAGMA synchronous = FULL");
      database.prepare(`PRAGMA journal_size_limit = ${LOG_SIZE}`).all();
    } catch (error) {
      closeQuietly(database);
      throw error;
    }
    this.#inode = statSync(path).ino;
    this.#database = database;
    return database;
  }

  /** Refuses to write into a file that has lost its name: the other processes use the new one. */
  #checkFile(): void {
    if (this.#inode === undefined || this.#database === undefined) return;
    const now = statSync(this.#path(), { throwIfNoEntry: false });
    if (now?.ino === this.#inode) return;
    this.#drop();
    throw this.#error("was removed or replaced while it was open; nothing was written to the old file");
  }

  #rollBack(database: SQLiteDatabase): void {
    try {
      database.exec("ROLLBACK");
    } catch {
      // SQLite has rolled back by itself, as it does when the disk is full.
    }
  }

  #drop(): void {
    const database = this.#database;
    this.#database = undefined;
    this.#statements = new Map();
    this.#inode = undefined;
    if (database !== undefined && !("database" in this.connection)) closeQuietly(database);
  }

  #path(): string {
    return "path" in this.connection ? this.connection.path : "the database";
  }

  #error(reason: string, cause?: unknown): SQLiteFileError {
    return new SQLiteFileError(`${this.#path()} ${reason}`, { cause });
  }
}

function opened({ path, open }: Extract<Connection, { path: string }>): SQLiteDatabase {
  try {
    return open(path);
  } catch (error) {
    if (failureOf(error) !== undefined) throw error;
    throw new SQLiteFileError(`${path} cannot be opened (${(error as Error).message})`, { cause: error });
  }
}

/** SQLite would say of all of them that it cannot open the file. */
function checkFolder(path: string): void {
  if (isFolder(path)) throw new SQLiteFileError(`${path} is a folder, not a file`);
  if (!isFolder(dirname(path)))
    throw new SQLiteFileError(`${path} cannot be made: there is no folder ${dirname(path)}`);
}

function isFolder(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  } catch (error) {
    throw new SQLiteFileError(`${path} cannot be opened (${(error as NodeJS.ErrnoException).code})`, { cause: error });
  }
}

/** Only with a write-ahead log do readers and the writer not wait for each other. */
function checkMode(database: SQLiteDatabase, path: string): void {
  const [row] = database.prepare("PRAGMA journal_mode").all() as SqlRow[];
  const mode = row?.["journal_mode"];
  if (mode === WAL) return;
  throw new SQLiteFileError(
    `${path} has the journal mode ${mode}, and the store needs ${WAL}; a network drive has none`,
  );
}

function closeQuietly(database: SQLiteDatabase): void {
  try {
    database.close();
  } catch {
    // It is of no more use.
  }
}
