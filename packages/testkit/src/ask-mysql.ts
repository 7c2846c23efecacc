import { createConnection, type RowDataPacket } from "mysql2/promise";

/** The rows that one statement answers, on a connection of its own. */
export async function askMysql(
  url: string,
  question: string,
  params: readonly string[] = [],
): Promise<RowDataPacket[]> {
  const connection = await createConnection(url);
  try {
    const [rows] = await connection.query<RowDataPacket[]>(question, [...params]);
    return rows;
  } finally {
    await connection.end();
  }
}
