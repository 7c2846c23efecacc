import type { PoolConnection, ResultSetHeader, RowDataPacket } from "mysql2/promise";

export type Rows<Row> = readonly Row[];

export interface Written {
  readonly insertId: bigint;
  readonly affectedRows: number;
}

type Param = string | number | bigint | boolean | null | Buffer;

/** What both a pool and a transaction can do. BIGINT columns and COUNT(*) arrive as decimal strings. */
export interface Statements {
  /** Rows of a SELECT. */
  query<Row>(sql: string, params?: readonly Param[]): Promise<Rows<Row>>;
  /** Outcome of an INSERT, UPDATE or DELETE. */
  write(sql: string, params?: readonly Param[]): Promise<Written>;
}

/** Statements on one connection. `execute` prepares, so parameters keep their types; bigints travel as decimal strings. */
export function statements(connection: PoolConnection, timeout: number): Statements {
  const run = <T extends RowDataPacket[] | ResultSetHeader>(sql: string, params: readonly Param[] = []) =>
    connection.execute<T>({
      sql,
      timeout,
      values: params.map((param) => (typeof param === "bigint" ? String(param) : param)),
    });
  return {
    query: async <Row>(sql: string, params?: readonly Param[]) =>
      (await run<RowDataPacket[]>(sql, params))[0] as unknown as Rows<Row>,
    write: async (sql, params) => {
      const [{ insertId, affectedRows }] = await run<ResultSetHeader>(sql, params);
      return { insertId: BigInt(insertId), affectedRows };
    },
  };
}
