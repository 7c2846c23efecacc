import { setTimeout as sleep } from "node:timers/promises";
import type { PoolConnection } from "mysql2/promise";
import { isContention } from "./failure.js";
import type { Statements } from "./statements.js";

export type Transaction = Statements;

export interface TransactionOptions {
  /** `snapshot` sees one moment of the whole database; `read committed` (the default) sees each statement's own. */
  readonly isolation?: "read committed" | "snapshot";
}

const ATTEMPTS_MAX = 4;
const BACKOFF_MS = 15;

type WithConnection = <T>(use: (connection: PoolConnection) => Promise<T>) => Promise<T>;

/** Runs `work` between BEGIN and COMMIT; whatever happens, the connection is given back without an open transaction. */
export async function runTransaction<T>(
  withConnection: WithConnection,
  statementsOn: (connection: PoolConnection) => Statements,
  work: (tx: Transaction) => Promise<T>,
  { isolation = "read committed" }: TransactionOptions = {},
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await withConnection(async (connection) => {
        const tx = statementsOn(connection);
        await begin(connection, isolation);
        try {
          const result = await work(tx);
          await connection.query({ sql: "COMMIT", timeout: COMMIT_TIMEOUT_MS });
          return result;
        } catch (error) {
          await rollback(connection);
          throw error;
        }
      });
    } catch (error) {
      if (attempt === ATTEMPTS_MAX || !isContention(rootCause(error))) throw error;
      await sleep(BACKOFF_MS * attempt * (0.5 + Math.random()));
    }
  }
}

const COMMIT_TIMEOUT_MS = 1_000;

async function begin(connection: PoolConnection, isolation: TransactionOptions["isolation"]): Promise<void> {
  if (isolation === "snapshot") {
    await connection.query("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ");
    await connection.query("START TRANSACTION WITH CONSISTENT SNAPSHOT");
  } else {
    await connection.query({ sql: "START TRANSACTION", timeout: COMMIT_TIMEOUT_MS });
  }
}

/** A connection that cannot roll back is destroyed: it may never carry an open transaction to its next user. */
async function rollback(connection: PoolConnection): Promise<void> {
  try {
    await connection.query({ sql: "ROLLBACK", timeout: COMMIT_TIMEOUT_MS });
  } catch {
    connection.destroy(); // the server rolls back when the connection is gone
  }
}

function rootCause(error: unknown): unknown {
  return error instanceof Error && error.cause !== undefined ? rootCause(error.cause) : error;
}
