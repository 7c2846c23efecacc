import type { Pool, PoolConnection, ResultSetHeader, RowDataPacket } from "mysql2/promise";

export type Row = RowDataPacket;

/** One connection for the length of a transaction (or of a single statement). */
export interface Session {
  rows(sql: string, values?: readonly unknown[]): Promise<Row[]>;
  /** Answers how many rows were changed (MySQL's affectedRows). */
  run(sql: string, values?: readonly unknown[]): Promise<number>;
}

export interface Deadlines {
  readonly connectMs: number;
  readonly statementMs: number;
}

const TRIES = 6;
/** Deadlock and lock wait timeout: the transaction was rolled back (or is, by us) and may simply be repeated. */
const REPEATABLE = new Set([1213, 1205]);
const LOST = new Set(["PROTOCOL_CONNECTION_LOST", "ECONNRESET", "EPIPE", "PROTOCOL_SEQUENCE_TIMEOUT"]);
const SERVER_GONE = new Set([2006, 2013, 1927, 1053]);

/** Runs work on connections of a pool: each wait has an end, and a connection that failed is not given to anybody else. */
export class Sessions {
  /** Connections that have been told READ COMMITTED: without gap locks claims do not wait for one another. */
  readonly #prepared = new WeakSet<object>();

  constructor(
    private readonly pool: Pool,
    private readonly deadlines: Deadlines,
  ) {}

  /** A transaction, repeated when the server chose it as a deadlock's victim or the connection was lost under it. */
  transaction<T>(work: (session: Session) => Promise<T>): Promise<T> {
    return this.#repeated(async (session, connection) => {
      await this.#prepare(session, connection);
      await session.run("START TRANSACTION");
      try {
        const result = await work(session);
        await session.run("COMMIT");
        return result;
      } catch (error) {
        if (!isLost(error)) await session.run("ROLLBACK");
        throw error;
      }
    });
  }

  /** One statement, or several that need not hold together. */
  read<T>(work: (session: Session) => Promise<T>): Promise<T> {
    return this.#repeated(work);
  }

  async #repeated<T>(work: (session: Session, connection: PoolConnection) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#withConnection(work);
      } catch (error) {
        if (attempt >= TRIES || !isRepeatable(error, attempt)) throw error;
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 10 * attempt));
      }
    }
  }

  async #withConnection<T>(work: (session: Session, connection: PoolConnection) => Promise<T>): Promise<T> {
    const connection = await this.#connect();
    let broken = false;
    try {
      return await work(this.#session(connection), connection);
    } catch (error) {
      broken = isLost(error);
      throw error;
    } finally {
      if (broken) connection.destroy();
      else connection.release();
    }
  }

  /** mysql2's pools wait for ever; this does not. A connection that comes too late goes straight back. */
  async #connect(): Promise<PoolConnection> {
    const connecting = this.pool.getConnection();
    let timer: NodeJS.Timeout | undefined;
    const tooLate = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        connecting.then(
          (late) => late.release(),
          () => {}, // nobody waits for it any more
        );
        reject(new Error(`no MySQL connection within ${this.deadlines.connectMs} ms`));
      }, this.deadlines.connectMs);
    });
    try {
      return await Promise.race([connecting, tooLate]);
    } finally {
      clearTimeout(timer);
    }
  }

  async #prepare(session: Session, connection: PoolConnection): Promise<void> {
    const raw = connection.connection as unknown as object;
    if (this.#prepared.has(raw)) return;
    await session.run("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED");
    this.#prepared.add(raw);
  }

  #session(connection: PoolConnection): Session {
    const timeout = this.deadlines.statementMs;
    return {
      rows: async (sql, values = []) => {
        const [rows] = await connection.query<Row[]>({ sql, timeout, values: [...values] });
        return rows;
      },
      run: async (sql, values = []) => {
        const [{ affectedRows }] = await connection.query<ResultSetHeader>({ sql, timeout, values: [...values] });
        return affectedRows;
      },
    };
  }
}

function isLost(error: unknown): boolean {
  const { code, errno, fatal } = error as { code?: string; errno?: number; fatal?: boolean };
  return fatal === true || LOST.has(code ?? "") || SERVER_GONE.has(errno ?? 0);
}

/** A lost connection is tried once more at once: what was done is found by the repetition. */
function isRepeatable(error: unknown, attempt: number): boolean {
  const { errno } = error as { errno?: number };
  return REPEATABLE.has(errno ?? 0) || (isLost(error) && attempt <= 2);
}
