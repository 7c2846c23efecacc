import type { PoolConnection, ResultSetHeader, RowDataPacket } from "mysql2/promise";
import { StatementTimeout } from "./failure.js";

export type Rows<Row> = readonly Row[];

export interface Written {
  readonly insertId: bigint;
  readonly affectedRows: number;
}

type Param = string | number | bigint | boolean | null | Buffer;

/** What both a pool and a transaction can do. BIGINT columns and COUNT(*) arrive as decimal strings; MySQL's `a < b` and `1` do, too. */
export interface Statements {
  /** Rows of a SELECT. */
  query<Row>(sql: string, params?: readonly Param[]): Promise<Rows<Row>>;
  /** Outcome of an INSERT, UPDATE or DELETE. */
  write(sql: string, params?: readonly Param[]): Promise<Written>;
}

/** Statements on one connection. `execute` prepares, so parameters keep their types; bigints travel as decimal strings. */
export function statements(connection: PoolConnection, timeoutMs: () => number): Statements {
  const run = <T extends RowDataPacket[] | ResultSetHeader>(sql: string, params: readonly Param[] = []) =>
    inTime(connection, timeoutMs(), () =>
      connection.execute<T>({
        sql,
        values: params.map((param) => (typeof param === "bigint" ? String(param) : param)),
      }),
    );
  return {
    query: async <Row>(sql: string, params?: readonly Param[]) =>
      (await run<RowDataPacket[]>(sql, params))[0] as unknown as Rows<Row>,
    write: async (sql, params) => {
      const [{ insertId, affectedRows }] = await run<ResultSetHeader>(sql, params);
      return { insertId: BigInt(insertId), affectedRows };
    },
  };
}

/**
 * What the server answers within `timeoutMs`, or else the end of the connection. mysql2's own timeout begins when a command
 * is sent, so it does not cover what waits in line behind another, nor the preparing of a statement.
 */
export async function inTime<T>(connection: PoolConnection, timeoutMs: number, run: () => Promise<T>): Promise<T> {
  if (timeoutMs <= 0) throw new StatementTimeout("there was no time left for a statement", { fatal: false });
  let timer: NodeJS.Timeout | undefined;
  const expired = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      cut(connection);
      reject(new StatementTimeout(`a statement took longer than ${Math.round(timeoutMs)} ms`, { fatal: true }));
    }, timeoutMs);
  });
  try {
    return await Promise.race([run(), expired]);
  } finally {
    clearTimeout(timer);
  }
}

/** Out of the pool, and no goodbye. */
export function cut(connection: PoolConnection): void {
  connection.destroy();
  hangUp(connection.connection);
}

/** mysql2's own destroy() waits for the other end to close, which a dead link never does. */
export function hangUp(connection: PoolConnection["connection"]): void {
  (connection as unknown as { stream: { destroy(): void } }).stream.destroy();
}
