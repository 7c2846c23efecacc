import { mysqlAddress } from "@headline/config";
import { Refusal } from "@headline/errors";
import mysql2, { type PoolConnection } from "mysql2/promise";
import { asFailure, isConnectionBroken } from "./failure.js";
import { type ObserveMysql, observed } from "./observe.js";
import { cut, hangUp, type Statements, statements } from "./statements.js";
import { runTransaction, type Transaction, type TransactionOptions } from "./transaction.js";

export interface Mysql extends Statements, AsyncDisposable {
  /** Runs `work` in one transaction; deadlocks and lock waits are tried again up to three times. */
  transaction<T>(work: (tx: Transaction) => Promise<T>, options?: TransactionOptions): Promise<T>;
  close(): Promise<void>;
}

interface Options {
  /** How many connections at most. */
  readonly connectionsMax?: number;
  /** How long a caller waits for a free connection. */
  readonly acquireTimeoutMs?: number;
  /** How long one statement may take. The connection of one that takes longer is destroyed. */
  readonly statementTimeoutMs?: number;
  /** How long a transaction may take as a whole, from BEGIN to COMMIT and in all its attempts. */
  readonly transactionTimeoutMs?: number;
  readonly observe?: ObserveMysql | undefined;
}

const QUEUE_MAX = 200;
const CLOSE_MS = 1_000;

/**
 * A pool whose every wait has an end. mysql2 alone waits forever for a free connection and keeps a connection
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
    maxPreparedStatements: 500,
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
    withConnection((connection) => run(statements(connection, () => statementTimeoutMs)));
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
 * Lends connections, one to each use. Once one went silent, those that have not answered since may be as dead: they are cut
 * when their turn comes, not lent.
 */
function lendAlive(pool: mysql2.Pool, acquireTimeoutMs: number) {
  const heardAt = new WeakMap<object, number>();
  let suspectBefore = Number.NEGATIVE_INFINITY;

  return async <T>(use: (connection: PoolConnection) => Promise<T>): Promise<T> => {
    const connection = await acquireAlive();
    let reusable = true;
    try {
      return await use(connection);
    } catch (error) {
      reusable = !isConnectionBroken(error);
      throw asFailure(error);
    } finally {
      if (reusable) {
        heardAt.set(connection.connection, performance.now());
        connection.release();
      } else {
        suspectBefore = performance.now();
        cut(connection);
      }
    }
  };

  async function acquireAlive(): Promise<PoolConnection> {
    const endsAt = performance.now() + acquireTimeoutMs;
    for (;;) {
      const connection = await acquire(pool, endsAt - performance.now());
      if ((heardAt.get(connection.connection) ?? Number.POSITIVE_INFINITY) > suspectBefore) return connection;
      cut(connection);
    }
  }
}

/**
 * What a new connection is told before its first statement. READ COMMITTED takes no gap locks, so publishers do not block
 * each other. The server, too, gives a statement up that nobody waits for any more: MariaDB any, MySQL a SELECT.
 */
function prepareSession(connection: PoolConnection["connection"], statementTimeoutMs: number): void {
  const limitMs = Math.ceil(statementTimeoutMs * 0.9);
  const session = [
    "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
    `SET /*M!100100 SESSION max_statement_time = ${limitMs / 1_000} */ /*!50708 SESSION max_execution_time = ${limitMs} */`,
  ];
  for (const sql of session) {
    const query = connection.query as unknown as (sql: string, done: (error: unknown) => void) => void;
    query.call(connection, sql, (error) => {
      if (error) connection.destroy(); // what waits behind it fails, and is told so
    });
  }
}

/** A free connection within the deadline; one that comes too late goes straight back. */
async function acquire(pool: mysql2.Pool, timeoutMs: number): Promise<PoolConnection> {
  let timer: NodeJS.Timeout | undefined;
  const expired = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Refusal("UNAVAILABLE", "no database connection is free", { retryAfterSeconds: 1 })),
      timeoutMs,
    );
  });
  const connecting = pool.getConnection();
  try {
    return await Promise.race([connecting, expired]);
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
  } finally {
    clearTimeout(timer);
  }
}

/** Waits for the statements that run, whose time is limited, but not for a server that does not take its leave. */
async function closePool(pool: mysql2.Pool, open: Iterable<PoolConnection["connection"]>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const left = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, CLOSE_MS);
  });
  const ended = pool.end().catch(() => undefined); // of a connection that was broken anyway
  await Promise.race([ended, left]);
  clearTimeout(timer);
  for (const connection of open) hangUp(connection);
}
