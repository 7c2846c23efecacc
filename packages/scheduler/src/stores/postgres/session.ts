import { type Connections, inTime } from "./connections.js";
import { isConflict, isLost, isNotPrimary, StatementTimeout } from "./failure.js";
import type { PostgresClient, PostgresResult } from "./pool.js";
import { fromColumn, toColumn } from "./text.js";

/** Row as text, by the names of its columns. */
export type Row = Readonly<Record<string, string | null>>;

/** One connection for a transaction, or for statements without one. */
export interface Session {
  rows(sql: string, values?: readonly unknown[]): Promise<Row[]>;
  /** Executes a statement; returns the number of rows that it changed. */
  run(sql: string, values?: readonly unknown[]): Promise<number>;
  /** True when an earlier attempt may have been committed: its connection was lost before the answer. */
  readonly again: boolean;
}

const CONFLICTS_MAX = 5;
const LOSSES_MAX = 2;
const JITTER_MS = 10;
/** Longest wait of the server for a lock, ms: less than a statement may take, so that the error names the reason. */
const LOCK_WAIT_MS = 3_000;
const LOCK_WAIT_SHARE = 0.6;
/** Time for which the server keeps the locks of a transaction whose client has vanished behind a half-open link, ms. */
const IDLE_TRANSACTION_MS = 10_000;
/** Time by which the server's own limit of a statement is longer than the client's, ms. */
const SERVER_LATER_MS = 1_000;

/** Runs work on connections, with retries when the server or the network interrupted it. Work must be repeatable. */
export class Sessions {
  readonly #begin: string;

  constructor(
    private readonly connections: Connections,
    private readonly statementMs: number,
  ) {
    const lockMs = Math.max(1, Math.min(LOCK_WAIT_MS, Math.floor(statementMs * LOCK_WAIT_SHARE)));
    // In one message, and of this transaction alone: behind a PgBouncer the session is not ours.
    this.#begin = `BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL lock_timeout = ${lockMs};
      SET LOCAL statement_timeout = ${statementMs + SERVER_LATER_MS};
      SET LOCAL idle_in_transaction_session_timeout = ${IDLE_TRANSACTION_MS}`;
  }

  /** Runs a transaction; retries after a deadlock, a lock timeout, or a lost connection. */
  transaction<T>(work: (session: Session) => Promise<T>): Promise<T> {
    return this.#use(async (session, client) => {
      await inTime(client, this.statementMs, { text: this.#begin });
      try {
        const result = await work(session);
        await this.#end(client, "COMMIT");
        return result;
      } catch (error) {
        if (!isLost(error) && !isNotPrimary(error)) await this.#rollBack(client); // other transactions end with their connection
        throw error;
      }
    });
  }

  /** Runs statements without a transaction. */
  each<T>(work: (session: Session) => Promise<T>): Promise<T> {
    return this.#use(work);
  }

  async #use<T>(work: (session: Session, client: PostgresClient) => Promise<T>): Promise<T> {
    let again = false;
    let [losses, conflicts] = [0, 0];
    for (;;) {
      let begun = false;
      try {
        return await this.connections.use((client) => {
          begun = true;
          return work(sessionOn(client, this.statementMs, again), client);
        });
      } catch (error) {
        if (isConflict(error)) conflicts++;
        else if (isLost(error) || isNotPrimary(error)) losses++;
        else throw error;
        if (conflicts > CONFLICTS_MAX || losses > LOSSES_MAX) throw error;
        again ||= begun && isLost(error);
        await new Promise((resolve) => setTimeout(resolve, Math.random() * JITTER_MS * (losses + conflicts)));
      }
    }
  }

  async #end(client: PostgresClient, text: "COMMIT" | "ROLLBACK"): Promise<void> {
    const { command } = await inTime(client, this.statementMs, { text });
    // PostgreSQL answers the COMMIT of a failed transaction with a rollback and no error.
    if (command !== text) throw new Error(`the transaction was not committed but ended by ${command}`);
  }

  /** Rolls back; a connection that cannot end its transaction is cut. */
  async #rollBack(client: PostgresClient): Promise<void> {
    try {
      await this.#end(client, "ROLLBACK");
    } catch (cause) {
      throw new StatementTimeout("a transaction could not be rolled back", { cause });
    }
  }
}

/** Columns arrive as text whatever parsers the caller's pg has. */
const AS_TEXT = { getTypeParser: () => (text: string) => text };

function sessionOn(client: PostgresClient, timeoutMs: number, again: boolean): Session {
  const query = (text: string, values: readonly unknown[]): Promise<PostgresResult> =>
    inTime(client, timeoutMs, { text, values: values.map(asValue), types: AS_TEXT });
  return {
    again,
    rows: async (sql, values = []) => (await query(sql, values)).rows.map(readRow),
    run: async (sql, values = []) => (await query(sql, values)).rowCount ?? 0,
  };
}

/** Checks that values are plain: pg writes an object as JSON, and an id from outside must be a text. */
function asValue(value: unknown): unknown {
  if (typeof value === "string") return toColumn(value);
  if (Array.isArray(value)) return value.map(asValue);
  if (typeof value === "object" && value !== null) throw new TypeError("an object is no SQL value");
  return value;
}

function readRow(row: Record<string, string | null>): Row {
  for (const name in row) {
    const value = row[name];
    if (typeof value === "string") row[name] = fromColumn(value);
  }
  return row;
}
