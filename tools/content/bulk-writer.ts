import { DATABASE_NOW_MS, prepareSessionSql } from "@headline/mysql";
import { mysqlAddress } from "@headline/service/config";
import mysql2, { type Connection, type ResultSetHeader, type RowDataPacket } from "mysql2/promise";

export type Value = string | number | bigint | null;
export type Row = readonly Value[];

/** Well below every server's max_allowed_packet. */
const STATEMENT_BYTES_MAX = 1_000_000;

/** One connection that writes many rows a statement; packages/mysql is made for small statements with a deadline. */
export class BulkWriter implements AsyncDisposable {
  readonly #connection: Connection;

  private constructor(connection: Connection) {
    this.#connection = connection;
  }

  static async open(mysqlUrl: string): Promise<BulkWriter> {
    const connection = await mysql2.createConnection({
      ...mysqlAddress(mysqlUrl),
      charset: "utf8mb4",
      supportBigNumbers: true,
      bigNumberStrings: true,
      connectTimeout: 10_000,
    });
    for (const sql of prepareSessionSql()) await connection.query(sql); // escape() writes backslashes
    return new BulkWriter(connection);
  }

  /**
   * Inserts the rows and answers the id of each, where the table makes ids. `suffix` follows the values. An INSERT whose
   * number of rows is known takes its ids in one piece, in every innodb_autoinc_lock_mode.
   */
  async insert(into: string, columns: readonly string[], rows: readonly Row[], suffix = ""): Promise<bigint[]> {
    const ids: bigint[] = [];
    const head = `INSERT ${into} (${columns.join(",")}) VALUES `;
    for (const values of statementsOf(rows, (row) => this.#tuple(row))) {
      const [written] = await this.#connection.query<ResultSetHeader>(`${head}${values.join(",")} ${suffix}`);
      const first = BigInt(written.insertId);
      for (let index = 0n; index < values.length; index += 1n) ids.push(first + index);
    }
    return ids;
  }

  async query<Result>(sql: string): Promise<readonly Result[]> {
    return (await this.#connection.query<RowDataPacket[]>(sql))[0] as unknown as readonly Result[];
  }

  async transaction<T>(work: () => Promise<T>): Promise<T> {
    await this.#connection.beginTransaction();
    try {
      const result = await work();
      await this.#connection.commit();
      return result;
    } catch (error) {
      await this.#connection.rollback().catch(() => undefined); // the failure before it is the one to report
      throw error;
    }
  }

  /** Milliseconds by the clock of the database. */
  async now(): Promise<number> {
    const [row] = await this.query<{ now: string }>(`SELECT ${DATABASE_NOW_MS} AS now`);
    return Number(row?.now);
  }

  escape(text: string): string {
    return this.#connection.escape(text);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#connection.end().catch(() => this.#connection.destroy());
  }

  #tuple(row: Row): string {
    const values = row.map((value) => {
      if (typeof value === "string") return this.#connection.escape(value);
      return value === null ? "NULL" : String(value);
    });
    return `(${values.join(",")})`;
  }
}

/** The tuples of each statement: as many as fit. */
function* statementsOf(rows: readonly Row[], tupleOf: (row: Row) => string): Generator<string[]> {
  let statement: string[] = [];
  let bytes = 0;
  for (const row of rows) {
    const tuple = tupleOf(row);
    const size = Buffer.byteLength(tuple) + 1;
    if (bytes + size > STATEMENT_BYTES_MAX && statement.length > 0) {
      yield statement;
      statement = [];
      bytes = 0;
    }
    statement.push(tuple);
    bytes += size;
  }
  if (statement.length > 0) yield statement;
}
