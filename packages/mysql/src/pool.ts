import { mysqlAddress } from "@headline/service/config";
import { Refusal } from "@headline/service/errors";
import { deadline } from "@headline/service/timing";
import mysql2, { type PoolConnection } from "mysql2/promise";
import { asFailure, isConnectionBroken, isNotPrimary } from "./failure.js";
import { type ObserveMysql, observed } from "./observe.js";
import { prepareSessionSql } from "./session.js";
import { cut, hangUp, inTime, type Statements, statements } from "./statements.js";
import { runTransaction, type Transaction, type TransactionOptions } from "./transaction.js";

export interface Mysql extends Statements, AsyncDisposable {
  /** Runs `work` in one transaction; retries deadlocks and lock waits up to three times. */
  transaction<T>(work: (tx: Transaction) => Promise<T>, options?: TransactionOptions): Promise<T>;
  close(): Promise<void>;
}

interface Options {
  /** Upper bound of connections. */
  readonly connectionsMax?: number;
  /** Limit for the wait for a free connection. */
  readonly acquireTimeoutMs?: number;
  /** Limit for one statement; beyond it the connection is destroyed. */
  readonly statementTimeoutMs?: number;
  /** Limit for a transaction as a whole, from BEGIN to COMMIT and in all its attempts. */
  readonly transactionTimeoutMs?: number;
  readonly observe?: ObserveMysql | undefined;
}

const QUEUE_MAX = 200;
const CLOSE_MS = 1_000;
/** Prepared statements of one connection; the server has 16,382 for all of them. Statement texts hold no ids or counts, so that few are needed. */
const PREPARED_MAX = 64;
/** Interval at which a connection in use is checked for a server that has become read-only. */
const CHECK_PRIMARY_MS = 1_000;
/** Values of @@read_only, as numbers and as words. */
const WRITABLE = new Set(["0", "OFF"]);
const CHECK_TIMEOUT_MS = 100;

/**
 * Opens a pool whose every wait has an end. mysql2 alone waits forever for a free connection and keeps a connection
 * whose statement timed out, so after a half-open link its pool stays dead (docs/decisions/0006-clients-that-heal.md).
 *
 * @throws Refusal UNAVAILABLE when the server is unreachable, overloaded, read-only or too slow.
 */
export function openMysql(url: string, options: Options = {}): Mysql {
  const { connectionsMax = 10, acquireTimeoutMs = 300, statementTimeoutMs = 300 } = options;
  const { transactionTimeoutMs = 20 * statementTimeoutMs } = options;
  const pool = mysql2.createPool({
    ...mysqlAddress(url),
    connectionLimit: connectionsMax,
    maxIdle: connectionsMax,
    idleTimeout: 60_000,
    queueLimit: QUEUE_MAX,
    connectTimeout: Math.max(acquireTimeoutMs, 500),
    enableKeepAlive: true,
    keepAliveInitialDelay: 10_000,
    charset: "utf8mb4",
    timezone: "Z",
    supportBigNumbers: true,
    bigNumberStrings: true,
    maxPreparedStatements: PREPARED_MAX,
  });
  const open = new Set<PoolConnection["connection"]>();
  pool.on("connection", (made) => {
    const connection = made as unknown as PoolConnection["connection"];
    open.add(connection);
    connection.once("end", () => open.delete(connection));
    prepareSession(connection, statementTimeoutMs);
  });

  const withConnection = lendAlive(pool, acquireTimeoutMs);
  const one = <T>(run: (on: Statements) => Promise<T>) =>
    withConnection((connection, spent) => run(statements(connection, () => statementTimeoutMs, spent)));
  const limits = { statementTimeoutMs, transactionTimeoutMs };
  const close = () => closePool(pool, open);
  const mysql: Mysql = {
    query: (sql, params) => one((on) => on.query(sql, params)),
    write: (sql, params) => one((on) => on.write(sql, params)),
    transaction: (work, transactionOptions) => runTransaction(withConnection, work, limits, transactionOptions),
    close,
    [Symbol.asyncDispose]: close,
  };
  return options.observe === undefined ? mysql : observing(mysql, options.observe);
}

function observing(mysql: Mysql, observe: ObserveMysql): Mysql {
  return {
    ...mysql,
    query: (sql, params) => observed(observe, "query", () => mysql.query(sql, params)),
    write: (sql, params) => observed(observe, "write", () => mysql.write(sql, params)),
    transaction: (work, options) => observed(observe, "transaction", () => mysql.transaction(work, options)),
  };
}

/**
 * Acquires and releases connections. After one timed out, those that have not answered since may be dead too; after one met a
 * read-only server, those made before may lead to it as well: they are destroyed when they are next acquired.
 */
function lendAlive(pool: mysql2.Pool, acquireTimeoutMs: number) {
  const heardAt = new WeakMap<object, number>();
  const servers = new WeakMap<object, { readonly seenAt: number; checkedAt: number }>();
  let suspectBefore = Number.NEGATIVE_INFINITY;
  let leftBefore = Number.NEGATIVE_INFINITY;

  return async <T>(use: (connection: PoolConnection, spent: () => void) => Promise<T>): Promise<T> => {
    const connection = await acquireAlive();
    let reusable = true;
    let broken: unknown;
    try {
      return await use(connection, () => {
        reusable = false;
      });
    } catch (error) {
      if (isConnectionBroken(error)) broken = error;
      throw asFailure(error);
    } finally {
      if (broken !== undefined) leave(connection, broken);
      else if (!reusable) cut(connection);
      else if (isToBeChecked(connection)) await giveBackChecked(connection);
      else giveBack(connection);
    }
  };

  async function acquireAlive(): Promise<PoolConnection> {
    const endsAt = performance.now() + acquireTimeoutMs;
    for (;;) {
      const connection = await acquire(pool, endsAt - performance.now());
      const raw = connection.connection;
      const { seenAt } = servers.get(raw) ?? { seenAt: performance.now() };
      if (!servers.has(raw)) servers.set(raw, { seenAt, checkedAt: seenAt });
      if ((heardAt.get(raw) ?? Number.POSITIVE_INFINITY) > suspectBefore && seenAt > leftBefore) return connection;
      cut(connection);
    }
  }

  function giveBack(connection: PoolConnection): void {
    heardAt.set(connection.connection, performance.now());
    connection.release();
  }

  /** A server that stays read-only is not connected to anew by each write, but once a second. */
  function leave(connection: PoolConnection, error: unknown): void {
    const now = performance.now();
    if (!isNotPrimary(error)) suspectBefore = now;
    else if (now - leftBefore > CHECK_PRIMARY_MS) leftBefore = now;
    cut(connection);
  }

  function isToBeChecked(connection: PoolConnection): boolean {
    const server = servers.get(connection.connection);
    return server !== undefined && performance.now() - server.checkedAt > CHECK_PRIMARY_MS;
  }

  /**
   * Those that only read would never notice that their server writes no more, and read what was true before: a connection to a
   * read-only server is used for a second at most, and the next one goes where the address leads by then.
   */
  async function giveBackChecked(connection: PoolConnection): Promise<void> {
    const server = servers.get(connection.connection);
    try {
      const [[row] = []] = await inTime(connection, CHECK_TIMEOUT_MS, () =>
        connection.query<mysql2.RowDataPacket[]>("SELECT @@global.read_only AS is_read_only"),
      );
      if (!WRITABLE.has(String(row?.["is_read_only"]))) return cut(connection);
      if (server !== undefined) server.checkedAt = performance.now();
      giveBack(connection);
    } catch {
      leave(connection, undefined); // its next use would have failed alike
    }
  }
}

/** Settings of a new connection, before its first statement. The server, too, gives up what takes too long: MariaDB any statement, MySQL a SELECT. */
function prepareSession(connection: PoolConnection["connection"], statementTimeoutMs: number): void {
  const limitMs = Math.ceil(statementTimeoutMs * 0.9);
  const session = [
    ...prepareSessionSql(),
    `SET /*M!100100 SESSION max_statement_time = ${limitMs / 1_000} */ /*!50708 SESSION max_execution_time = ${limitMs} */`,
  ];
  for (const sql of session) {
    const query = connection.query as unknown as (sql: string, done: (error: unknown) => void) => void;
    query.call(connection, sql, (error) => {
      if (error) connection.destroy(); // the statements behind it fail
    });
  }
}

/** Acquires a connection within the deadline; one that comes too late is released. */
async function acquire(pool: mysql2.Pool, timeoutMs: number): Promise<PoolConnection> {
  const connecting = pool.getConnection();
  try {
    return await deadline(
      connecting,
      timeoutMs,
      () => new Refusal("UNAVAILABLE", "no database connection is free", { retryAfterSeconds: 1 }),
    );
  } catch (error) {
    connecting.then(
      (late) => late.release(),
      () => undefined, // its failure is the one being reported
    );
    if (error instanceof Error && error.message === "Queue limit reached.") {
      throw new Refusal("UNAVAILABLE", "too many statements wait for the database", {
        cause: error,
        retryAfterSeconds: 1,
      });
    }
    throw asFailure(error);
  }
}

/** Waits for running statements, whose time is limited, but not for a server that does not close. */
async function closePool(pool: mysql2.Pool, open: Iterable<PoolConnection["connection"]>): Promise<void> {
  await deadline(pool.end(), CLOSE_MS).catch(() => undefined); // a connection is broken, or the server does not close it
  for (const connection of open) hangUp(connection);
}
