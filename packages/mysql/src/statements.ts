import { deadline } from "@headline/service/timing";
import type { PoolConnection, ResultSetHeader, RowDataPacket } from "mysql2/promise";
import { isNotPrepared, StatementTimeout } from "./failure.js";

export type Rows<Row> = readonly Row[];

export interface Written {
  readonly insertId: bigint;
  readonly affectedRows: number;
}

type Param = string | number | bigint | boolean | null | Buffer;

/** Statements of a pool or a transaction. BIGINT columns and COUNT(*) arrive as decimal strings; MySQL's `a < b` and `1` do, too. */
export interface Statements {
  /** Rows of a SELECT. */
  query<Row>(sql: string, params?: readonly Param[]): Promise<Rows<Row>>;
  /** Outcome of an INSERT, UPDATE or DELETE. */
  write(sql: string, params?: readonly Param[]): Promise<Written>;
}

/**
 * Statements on one connection. `execute` prepares, so parameters keep their types; bigints travel as decimal strings. Where the
 * server has no place for another prepared statement (error 1461: it counts those of all clients), the statement goes as text, and
 * the connection is `spent`: closed after this use, it gives back what it has prepared.
 */
export function statements(connection: PoolConnection, timeoutMs: () => number, spent: () => void): Statements {
  const run = async <T extends RowDataPacket[] | ResultSetHeader>(sql: string, params: readonly Param[] = []) => {
    try {
      const values = params.map((param) => (typeof param === "bigint" ? String(param) : param));
      return await inTime(connection, timeoutMs(), () => connection.execute<T>({ sql, values }));
    } catch (error) {
      if (!isNotPrepared(error)) throw error;
      spent();
      return await inTime(connection, timeoutMs(), () => connection.query<T>({ sql, values: params.map(asText) }));
    }
  };
  return {
    query: async <Row>(sql: string, params?: readonly Param[]) =>
      (await run<RowDataPacket[]>(sql, params))[0] as unknown as Rows<Row>,
    write: async (sql, params) => {
      const [{ insertId, affectedRows }] = await run<ResultSetHeader>(sql, params);
      return { insertId: BigInt(insertId), affectedRows };
    },
  };
}

/** As the text protocol takes it: mysql2 would write an object as SQL, and LIMIT takes no quoted number. */
function asText(param: Param): Param {
  if (typeof param === "object" && param !== null && !Buffer.isBuffer(param)) return String(param);
  return param;
}

/**
 * Resolves with the server's answer, or ends the connection after `timeoutMs`. mysql2's own timeout begins when a command
 * is sent, so it covers neither the wait behind another command nor the preparing of a statement.
 */
export async function inTime<T>(connection: PoolConnection, timeoutMs: number, run: () => Promise<T>): Promise<T> {
  if (timeoutMs <= 0) throw new StatementTimeout("there was no time left for a statement", { fatal: false });
  return deadline(run(), timeoutMs, () => {
    cut(connection);
    return new StatementTimeout(`a statement took longer than ${Math.round(timeoutMs)} ms`, { fatal: true });
  });
}

/** Removes a connection from the pool and destroys its socket. */
export function cut(connection: PoolConnection): void {
  connection.destroy();
  hangUp(connection.connection);
}

/** mysql2's own destroy() waits for the other end to close, which a dead link never does. */
export function hangUp(connection: PoolConnection["connection"]): void {
  (connection as unknown as { stream: { destroy(): void } }).stream.destroy();
}
