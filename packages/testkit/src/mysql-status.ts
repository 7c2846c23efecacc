import { createConnection, type RowDataPacket } from "mysql2/promise";

/** A counter of the whole server, such as `Com_select`: take it twice and subtract. */
export async function mysqlStatus(url: string, name: string): Promise<number> {
  const connection = await createConnection(url);
  try {
    const [rows] = await connection.query<RowDataPacket[]>("SHOW GLOBAL STATUS WHERE Variable_name = ?", [name]);
    return Number(rows[0]?.["Value"] ?? 0);
  } finally {
    await connection.end();
  }
}
