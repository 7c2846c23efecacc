import { askMysql } from "./ask-mysql.js";

/** A counter of the whole server, such as `Com_select`: take it twice and subtract. */
export async function mysqlStatus(url: string, name: string): Promise<number> {
  const [row] = await askMysql(url, "SHOW GLOBAL STATUS WHERE Variable_name = ?", [name]);
  return Number(row?.["Value"] ?? 0);
}
