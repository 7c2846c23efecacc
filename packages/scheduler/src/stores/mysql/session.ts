import type { PoolConnection, ResultSetHeader, RowDataPacket } from "mysql2/promise";
import { type Connections, inTime } from "./connections.js";
import { isConflict, isLost, isNotPrimary, StatementTimeout } from "./failure.js";

export type Row = RowDataPacket;

/** One connection for a transaction, or for statements without one. */
export interface Session {
  rows(sql: string, values?: readonly unknown[]): Promise<Row[]>;
  /** Executes a statement; returns the number of rows it met (MySQL's affectedRows). */
  run(sql: string, values?: readonly unknown[]): Promise<number>;
  /** True when an earlier attempt may have been committed: its connection was lost before the answer. */
  readonly again: boolean;
}

const CONFLICTS_MAX = 5;
const LOSSES_MAX = 2;
const JITTER_MS = 10;

/** Runs work on connections, with retries when the server or the network interrupted it. Work must be repeatable. */
export class Sessions {
  constructor(
    private readonly connections: Connections,
    private readonly statementMs: number,
  ) {}

  /** Runs a transaction; retries after a deadlock, a lock wait timeout, or a lost connection. */
  transaction<T>(work: (session: Session) => Promise<T>): Promise<T> {
    return this.each(async (session) => {
      await session.run("START TRANSACTION");
      try {
        const result = await work(session);
        await session.run("COMMIT");
        return result;
      } catch (error) {
        if (!isLost(error) && !isNotPrimary(error)) await rollBack(session); // other transactions end with
        throw error;
      }
    });
  }

  /** Runs statements without a transaction. */
  async each<T>(work: (session: Session) => Promise<T>): Promise<T> {
    let again = false;
    let [losses, conflicts] = [0, 0];
    for (;;) {
      let begun = false;
      try {
        return await this.connections.use((connection) => {
          begun = true;
          return work(sessionOn(connection, this.statementMs, again));
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
}

/** Rolls back; a connection that cannot end its transaction (after a lock wait timeout, say) is destroyed. */
async function rollBack(session: Session): Promise<void> {
  try {
    await session.run("ROLLBACK");
  } catch (cause) {
    throw new StatementTimeout("a transaction could not be rolled back", { cause });
  }
}

function sessionOn(connection: PoolConnection, timeoutMs: number, again: boolean): Session {
  const query = async <T extends RowDataPacket[] | ResultSetHeader>(sql: string, values: readonly unknown[]) => {
    for (const value of values) refuseObjects(value);
    // A pool that was passed in may have other settings: rows are objects here.
    const how = { sql, values: [...values], rowsAsArray: false, nestTables: false as never, typeCast: true };
    const [result] = await inTime(connection, timeoutMs, () => connection.query<T>(how));
    return result;
  };
  return {
    again,
    rows: (sql, values = []) => query<Row[]>(sql, values),
    run: async (sql, values = []) => (await query<ResultSetHeader>(sql, values)).affectedRows,
  };
}

/** Checks that ids are texts: mysql2 writes an object as `name` = 'value' pairs, and an id from outside must not become SQL. */
function refuseObjects(value: unknown): void {
  if (Array.isArray(value)) for (const each of value) refuseObjects(each);
  else if (typeof value === "object" && value !== null) throw new TypeError("an object is no SQL value");
}
