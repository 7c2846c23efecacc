import { isLost, isNotPrimary, isUnready, NoConnection, ReadOnlyServer, StatementTimeout } from "./failure.js";
import { cut, type PostgresClient, type PostgresPool, type PostgresResult, type PostgresStatement } from "./pool.js";

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
/** Time until a server that takes no connection is tried again, ms. */
const UNREADY_MS = 50;

/**
 * Leases a pool's connections, one to each use, so that every wait has an end. A connection that failed or went silent is
 * cut, and connections not used since may be as dead: they are cut at their next use. Sessions get no settings, which
 * behind a PgBouncer would be those of other clients.
 */
export class Connections {
  readonly #usedAt = new WeakMap<object, number>();
  readonly #checkedAt = new WeakMap<object, number>();
  #suspectBefore = Number.NEGATIVE_INFINITY;
  #waiting = 0;

  constructor(
    private readonly pool: () => Promise<PostgresPool>,
    private readonly deadlines: Deadlines,
  ) {}

  async use<T>(work: (client: PostgresClient) => Promise<T>): Promise<T> {
    const client = await this.lease();
    try {
      const result = await work(client);
      this.#giveBack(client);
      return result;
    } catch (error) {
      if (isLost(error) || isNotPrimary(error)) this.#cutSilent(client);
      else this.#giveBack(client);
      throw error;
    }
  }

  /** Returns a live connection, which the caller releases. */
  async lease(): Promise<PostgresClient> {
    const endsAt = performance.now() + this.deadlines.connectMs;
    for (;;) {
      const client = await this.#acquireReady(endsAt);
      const usedAt = this.#usedAt.get(client);
      if (usedAt !== undefined && usedAt < this.#suspectBefore) {
        cut(client);
        continue;
      }
      try {
        await this.#check(client);
        return client;
      } catch (error) {
        this.#cutSilent(client);
        if (!isLost(error) || performance.now() >= endsAt) throw error;
      }
    }
  }

  #giveBack(client: PostgresClient): void {
    this.#usedAt.set(client, performance.now());
    client.release();
  }

  #cutSilent(client: PostgresClient): void {
    this.#suspectBefore = performance.now();
    cut(client);
  }

  /**
   * Checks for a read-only server: after a failover the old one may live on, and reads there return old data. A connection to
   * such a server is used for a second at most, and the next one goes where the address leads by then.
   */
  async #check(client: PostgresClient): Promise<void> {
    const checkedAt = this.#checkedAt.get(client);
    if (checkedAt === undefined) {
      client.on("error", () => {}); // the statement under way is rejected, or the next one
      this.#checkedAt.set(client, performance.now());
    } else if (performance.now() - checkedAt > CHECK_AFTER_MS) {
      const text = "SELECT current_setting('transaction_read_only') AS read_only";
      const { rows } = await inTime(client, CHECK_MS, { text });
      if (rows[0]?.["read_only"] !== "off") throw new ReadOnlyServer("PostgreSQL is read-only");
      this.#checkedAt.set(client, performance.now());
    }
  }

  async #acquireReady(endsAt: number): Promise<PostgresClient> {
    for (;;) {
      try {
        return await this.#acquire(endsAt - performance.now());
      } catch (error) {
        if (!isUnready(error) && !isLost(error)) throw error;
        if (performance.now() + UNREADY_MS >= endsAt)
          throw isLost(error)
            ? new NoConnection(`no PostgreSQL connection: ${(error as Error).message}`, { cause: error })
            : error;
        await new Promise((resolve) => setTimeout(resolve, UNREADY_MS));
      }
    }
  }

  /** Returns a free connection in time; one that comes too late goes back to the pool. */
  async #acquire(timeoutMs: number): Promise<PostgresClient> {
    if (this.#waiting >= WAITING_MAX) throw new NoConnection("too many calls wait for a PostgreSQL connection");
    this.#waiting++;
    const connecting = this.pool()
      .then((pool) => pool.connect())
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
        reject(new NoConnection(`no PostgreSQL connection within ${this.deadlines.connectMs} ms`));
      }, timeoutMs);
    });
    try {
      return await Promise.race([connecting, tooLate]);
    } finally {
      clearTimeout(timer);
    }
  }
}

/** Returns the server's answer in time, or cuts the connection. */
export async function inTime(
  client: PostgresClient,
  timeoutMs: number,
  statement: PostgresStatement,
): Promise<PostgresResult> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new StatementTimeout(`PostgreSQL did not answer within ${timeoutMs} ms`)),
      timeoutMs,
    );
  });
  try {
    return await Promise.race([client.query(statement), tooLate]);
  } finally {
    clearTimeout(timer);
  }
}
