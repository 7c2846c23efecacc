import { Refusal } from "@headline/errors";
import mysql2, { type PoolConnection } from "mysql2/promise";
import { asFailure, isConnectionBroken } from "./failure.js";
import { type Statements, statements } from "./statements.js";
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
}

const QUEUE_MAX = 200;

/**
 * A pool whose every wait has an end. mysql2 alone waits forever for a free connection and keeps a connection
 * whose statement timed out, so after a half-open link its pool stays dead (docs/decisions/0006-clients-that-heal.md).
 *
 * @throws Refusal UNAVAILABLE when the server is unreachable, overloaded, read-only or too slow.
 */
export function openMysql(url: string, options: Options = {}): Mysql {
  const { connectionsMax = 10, acquireTimeoutMs = 300, statementTimeoutMs = 300 } = options;
  const pool = mysql2.createPool({
    uri: url,
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
  pool.on("connection", (connection) => {
    // Queued ahead of the connection's first statement. READ COMMITTED takes no gap locks, so publishers do not block each other.
    connection.query("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED");
  });

  const withConnection = async <T>(use: (connection: PoolConnection) => Promise<T>): Promise<T> => {
    const connection = await acquire(pool, acquireTimeoutMs);
    let reusable = true;
    try {
      return await use(connection);
    } catch (error) {
      reusable = !isConnectionBroken(error);
      throw asFailure(error);
    } finally {
      if (reusable) connection.release();
      else connection.destroy();
    }
  };

  return {
    query: (sql, params) =>
      withConnection((connection) => statements(connection, statementTimeoutMs).query(sql, params)),
    write: (sql, params) =>
      withConnection((connection) => statements(connection, statementTimeoutMs).write(sql, params)),
    transaction: (work, transactionOptions) =>
      runTransaction(
        withConnection,
        (connection) => statements(connection, statementTimeoutMs),
        work,
        transactionOptions,
      ),
    close: () => pool.end(),
    [Symbol.asyncDispose]: () => pool.end(),
  };
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
