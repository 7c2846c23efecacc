import { openMysql } from "@headline/mysql";
import { privateMysql } from "@headline/testkit";
import { expect, test } from "@jest/globals";
import { DATABASE_NOW_MS } from "./clock.js";

test("the database's clock counts evenly over the hour that comes twice in autumn, whatever the session's zone", async () => {
  await using server = await privateMysql({ args: ["--default-time-zone=+02:00"] });
  await using mysql = openMysql(server.url, {
    connectionsMax: 1,
    acquireTimeoutMs: 30_000,
    statementTimeoutMs: 30_000,
  });
  expect(await mysql.query("SELECT @@time_zone AS zone")).toEqual([{ zone: "+00:00" }]);
  const firstMs = Date.UTC(2026, 9, 25, 0, 30); // 02:30 in Berlin, for the first time
  for (const [atMs, zone] of [
    [firstMs, "+02:00"],
    [firstMs + 3_600_000, "+01:00"],
  ] as const) {
    const [row] = await mysql.transaction(async (tx) => {
      await tx.write(`SET timestamp = ${atMs / 1_000}, time_zone = '${zone}'`);
      return tx.query<{ now: string; wall: string }>(`SELECT ${DATABASE_NOW_MS} AS now, CAST(NOW() AS CHAR) AS wall`);
    });
    expect(row).toEqual({ now: String(atMs), wall: "2026-10-25 02:30:00" });
  }
});
