import { backoff, pause } from "@headline/service/timing";
import type { PoolConnection } from "mysql2/promise";
import { isConnectionBroken, isContention } from "./failure.js";
import { inTime, type Statements, statements } from "./statements.js";

export type Transaction = Statements;

export interface TransactionOptions {
  /** `snapshot` reads one state of the whole database; `read committed` (the default) that of each statement. */
  readonly isolation?: "read committed" | "snapshot";
}

interface Limits {
  /** For the whole transaction, another attempt after a deadlock included. */
  readonly transactionTimeoutMs: number;
  readonly statementTimeoutMs: number;
}

const ATTEMPTS_MAX = 4;
const BACKOFF = { minMs: 20, maxMs: 80 };
/** Time for a rollback beyond the transaction's, since it saves the connection. */
const ROLLBACK_MS = 100;

type WithConnection = <T>(use: (connection: PoolConnection, spent: () => void) => Promise<T>) => Promise<T>;

/** Runs `work` between BEGIN and COMMIT; the connection is always released without an open transaction. */
export async function runTransaction<T>(
  withConnection: WithConnection,
  work: (tx: Transaction) => Promise<T>,
  { transactionTimeoutMs, statementTimeoutMs }: Limits,
  { isolation = "read committed" }: TransactionOptions = {},
): Promise<T> {
  const endsAt = performance.now() + transactionTimeoutMs;
  const leftMs = () => endsAt - performance.now();
  const statementMs = () => Math.min(statementTimeoutMs, leftMs());
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await withConnection(async (connection, spent) => {
        try {
          for (const sql of BEGIN[isolation]) await inTime(connection, statementMs(), () => connection.query(sql));
          const result = await work(statements(connection, statementMs, spent));
          await inTime(connection, leftMs(), () => connection.query("COMMIT"));
          return result;
        } catch (error) {
          if (!isConnectionBroken(error)) await rollback(connection);
          throw error;
        }
      });
    } catch (error) {
      const pauseMs = backoff(attempt - 1, BACKOFF);
      if (attempt === ATTEMPTS_MAX || !isContention(rootCause(error)) || leftMs() < pauseMs) throw error;
      await pause(pauseMs);
    }
  }
}

const BEGIN = {
  "read committed": ["START TRANSACTION"],
  snapshot: ["SET TRANSACTION ISOLATION LEVEL REPEATABLE READ", "START TRANSACTION WITH CONSISTENT SNAPSHOT"],
};

/** A connection that cannot roll back is destroyed: it may never carry an open transaction to its next user. */
async function rollback(connection: PoolConnection): Promise<void> {
  try {
    await inTime(connection, ROLLBACK_MS, () => connection.query("ROLLBACK"));
  } catch {
    connection.destroy(); // the server rolls back when the connection is gone
  }
}

function rootCause(error: unknown): unknown {
  return error instanceof Error && error.cause !== undefined ? rootCause(error.cause) : error;
}
