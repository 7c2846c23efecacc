import type { Pool, PoolConnection, RowDataPacket } from "mysql2/promise";
import { isLost, isNotPrimary, NoConnection, ReadOnlyServer, StatementTimeout } from "./failure.js";

export interface Deadlines {
  /** Longest wait for a connection, ms. */
  readonly connectMs: number;
  /** Longest time of one statement, ms. */
  readonly statementMs: number;
}

/** Calls that may wait for a connection; further ones are refused at once. */
const WAITING_MAX = 100;
/** Interval of the check that a connection is alive and its server writable, and time for the answer, ms. */
const CHECK_AFTER_MS = 1_000;
const CHECK_MS = 1_000;
/** Values of @@read_only, as numbers and as words. */
const WRITABLE = new Set(["0", "OFF"]);
/** Longest wait of the server for a lock, s: less than a statement may take, so that the error names the reason. */
const LOCK_WAIT_SECONDS = 3;
const LOCK_WAIT_SHARE = 0.6;
/** Time for which MariaDB keeps the locks of a transaction whose client has vanished behind a half-open link, s. */
const IDLE_TRANSACTION_SECONDS = 10;

/**
 * Leases a pool's connections, one to each use, so that every wait has an end. mysql2 waits for ever for a free connection
 * and keeps one whose statement timed out; here a connection that failed or went silent is destroyed, and connections not
 * used since may be as dead: they are destroyed at their next use.
 */
export class Connections {
  readonly #heardAt = new WeakMap<object, number>();
  readonly #checkedAt = new WeakMap<object, number>();
  #suspectBefore = Number.NEGATIVE_INFINITY;
  #waiting = 0;

  constructor(
    private readonly pool: () => Promise<Pool>,
    private readonly deadlines: Deadlines,
  ) {}

  async use<T>(work: (connection: PoolConnection) => Promise<T>): Promise<T> {
    const connection = await this.#lendAlive();
    try {
      const result = await work(connection);
      this.#giveBack(connection);
      return result;
    } catch (error) {
      if (isLost(error) || isNotPrimary(error)) this.#cutSilent(connection);
      else this.#giveBack(connection);
      throw error;
    }
  }

  #giveBack(connection: PoolConnection): void {
    this.#heardAt.set(connection.connection, performance.now());
    connection.release();
  }

  #cutSilent(connection: PoolConnection): void {
    this.#suspectBefore = performance.now();
    cut(connection);
  }

  async #lendAlive(): Promise<PoolConnection> {
    const endsAt = performance.now() + this.deadlines.connectMs;
    for (;;) {
      const connection = await this.#acquire(endsAt - performance.now());
      const heardAt = this.#heardAt.get(connection.connection);
      if (heardAt !== undefined && heardAt < this.#suspectBefore) {
        cut(connection);
        continue;
      }
      try {
        if (heardAt === undefined || (await this.#forgets())) await this.#prepare(connection);
        if (heardAt !== undefined) await this.#check(connection);
        return connection;
      } catch (error) {
        this.#cutSilent(connection);
        if (!isLost(error) || performance.now() >= endsAt) throw error;
      }
    }
  }

  /**
   * Checks for a read-only server: after a failover the old one may live on, and reads there return old data. A connection to
   * such a server is used for a second at most, and the next one goes where the address leads by then.
   */
  async #check(connection: PoolConnection): Promise<void> {
    const checkedAt = this.#checkedAt.get(connection.connection) ?? Number.NEGATIVE_INFINITY;
    if (performance.now() - checkedAt <= CHECK_AFTER_MS) return;
    const how = { sql: "SELECT @@global.read_only AS is_read_only", rowsAsArray: false };
    const [[row]] = await inTime(connection, CHECK_MS, () => connection.query<RowDataPacket[]>(how));
    if (!WRITABLE.has(String(row?.["is_read_only"]))) throw new ReadOnlyServer("MySQL is read-only");
    this.#checkedAt.set(connection.connection, performance.now());
  }

  /** True for a pool that resets the settings of its sessions each time they come back. */
  async #forgets(): Promise<boolean> {
    const { pool } = (await this.pool()) as unknown as { pool?: { config?: { resetOnRelease?: boolean } } };
    return pool?.config?.resetOnRelease === true;
  }

  /**
   * Sets up a session. READ COMMITTED takes no gap locks, so claims do not wait for one another. Strict mode refuses a text
   * that is too long, and does not truncate it; mysql2 escapes with backslashes, which must therefore count.
   */
  async #prepare(connection: PoolConnection): Promise<void> {
    if (!this.#checkedAt.has(connection.connection)) this.#checkedAt.set(connection.connection, performance.now());
    const run = (sql: string) => inTime(connection, this.deadlines.statementMs, () => connection.query(sql));
    await run("SET SESSION autocommit = 1, SESSION time_zone = '+00:00'");
    await run("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED");
    const lockWait = Math.floor((this.deadlines.statementMs / 1_000) * LOCK_WAIT_SHARE);
    await run(
      `SET SESSION innodb_lock_wait_timeout = ${Math.max(1, Math.min(LOCK_WAIT_SECONDS, lockWait))},
         SESSION sql_mode = 'STRICT_TRANS_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION'
         /*M!100300 , SESSION idle_transaction_timeout = ${IDLE_TRANSACTION_SECONDS} */`,
    );
  }

  /** Returns a free connection in time; one that comes too late goes back to the pool. */
  async #acquire(timeoutMs: number): Promise<PoolConnection> {
    if (this.#waiting >= WAITING_MAX) throw new NoConnection("too many calls wait for a MySQL connection");
    this.#waiting++;
    const connecting = this.pool()
      .then((pool) => pool.getConnection())
      .finally(() => {
        this.#waiting--;
      });
    let timer: NodeJS.Timeout | undefined;
    const tooLate = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        connecting.then(
          (late) => late.release(),
          () => {}, // the caller has gone
        );
        reject(new NoConnection(`no MySQL connection within ${this.deadlines.connectMs} ms`));
      }, timeoutMs);
    });
    try {
      return await Promise.race([connecting, tooLate]);
    } finally {
      clearTimeout(timer);
    }
  }
}

/** Returns the server's answer in time, or destroys the connection. */
export async function inTime<T>(connection: PoolConnection, timeoutMs: number, run: () => Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      cut(connection);
      reject(new StatementTimeout(`MySQL did not answer within ${timeoutMs} ms`));
    }, timeoutMs);
  });
  try {
    return await Promise.race([run(), tooLate]);
  } finally {
    clearTimeout(timer);
  }
}

/** Destroys a connection without a goodbye: mysql2's own destroy() waits for the other end, which a dead link never answers. */
export function cut(connection: PoolConnection): void {
  connection.destroy();
  hangUp(connection.connection);
}

export function hangUp(raw: object): void {
  (raw as { stream?: { destroy(): void } }).stream?.destroy();
}
