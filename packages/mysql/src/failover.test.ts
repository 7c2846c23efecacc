import { eventually, openProxy, type PrivateMysql, privateMysql } from "@headline/testkit";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import mysql2 from "mysql2/promise";
import { openMysql } from "./pool.js";

/** Time limits that a busy machine does not reach. */
const PATIENT = { acquireTimeoutMs: 30_000, statementTimeoutMs: 30_000 };

/** Two servers of which one address is meant; who connects there may not write to a read-only one. */
let [old, next]: readonly PrivateMysql[] = [];
let proxy: Awaited<ReturnType<typeof openProxy>>;
let url = "";

beforeAll(async () => {
  [old, next] = await Promise.all([privateMysql({ tcp: true }), privateMysql({ tcp: true })]);
  for (const [name, server] of Object.entries({ old, next })) {
    await root(server, [
      "CREATE TABLE notes (note VARCHAR(100) NOT NULL)",
      `INSERT INTO notes VALUES ('${name}')`,
      "CREATE USER app@'%' IDENTIFIED BY 'secret'",
      "GRANT ALL ON headline.* TO app@'%'",
    ]);
  }
  proxy = await openProxy({ target: old!.target });
  url = `mysql://app:secret@127.0.0.1:${proxy.port}/headline`;
});
beforeEach(async () => {
  await root(old, ["SET GLOBAL read_only = 0"]);
  proxy.moveTo(old!.target);
});
afterAll(async () => {
  await proxy[Symbol.asyncDispose]();
  await Promise.all([old?.stop(), next?.stop()]);
});

async function root(server: PrivateMysql | undefined, statements: readonly string[]): Promise<void> {
  const connection = await mysql2.createConnection(server!.url);
  for (const statement of statements) await connection.query(statement);
  await connection.end();
}

const UNAVAILABLE = { code: "UNAVAILABLE" };

describe("a failover that leaves the old server alive and read-only", () => {
  test("is noticed by who writes: all connections, and those of a transaction, lead to the new one", async () => {
    await using pool = openMysql(url, { ...PATIENT, connectionsMax: 4 });
    await Promise.all(Array.from({ length: 4 }, () => pool.query("SELECT SLEEP(0.05)")));
    await root(old, ["SET GLOBAL read_only = 1"]);
    await expect(pool.write("INSERT INTO notes VALUES ('a')")).rejects.toMatchObject(UNAVAILABLE);
    await expect(pool.transaction((tx) => tx.write("INSERT INTO notes VALUES ('a')"))).rejects.toMatchObject(
      UNAVAILABLE,
    );
    proxy.moveTo(next!.target);
    await eventually(() => pool.write("INSERT INTO notes VALUES ('moved')"));
    await eventually(async () => {
      const hosts = await Promise.all(
        Array.from({ length: 4 }, () =>
          pool.query("SELECT note, SLEEP(0.02) AS s FROM notes WHERE note IN ('old', 'next')"),
        ),
      );
      expect(hosts.flat().map((row) => (row as { note: string }).note)).toEqual(Array(4).fill("next"));
    });
  });

  test("is noticed by who only reads", async () => {
    await using pool = openMysql(url, { ...PATIENT, connectionsMax: 2 });
    const read = async () => (await pool.query<{ note: string }>("SELECT note FROM notes LIMIT 1"))[0]?.note;
    expect(await read()).toBe("old");
    await root(old, ["SET GLOBAL read_only = 1"]);
    proxy.moveTo(next!.target);
    await eventually(async () => expect(await read()).toBe("next"));
  });

  test("is noticed by who only reads, and connected while the old server was read-only already", async () => {
    await root(old, ["SET GLOBAL read_only = 1"]);
    await using pool = openMysql(url, { connectionsMax: 2 });
    const read = async () => (await pool.query<{ note: string }>("SELECT note FROM notes LIMIT 1"))[0]?.note;
    expect(await read()).toBe("old");
    proxy.moveTo(next!.target);
    await eventually(async () => expect(await read()).toBe("next"));
  });

  test("does not end reads where the address does not move", async () => {
    await using pool = openMysql(url, { ...PATIENT, connectionsMax: 2 });
    await root(old, ["SET GLOBAL read_only = 1"]);
    for (let round = 0; round < 20; round += 1) {
      await expect(pool.write("INSERT INTO notes VALUES ('a')")).rejects.toMatchObject(UNAVAILABLE);
      expect(await pool.query("SELECT note FROM notes LIMIT 1")).toEqual([{ note: "old" }]);
    }
  });
});

test.each([1290, 1836, 1792, 1047, 1226, 1203, 1020, 1114, 3, 20, 9001, 1040, 1461, 1045, 2013, 3169])(
  "error %d of a server is an outage, not a bug",
  async (errno) => {
    await using pool = openMysql(url, { ...PATIENT, connectionsMax: 1 });
    const signal = `BEGIN NOT ATOMIC SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = ${errno}, MESSAGE_TEXT = 'as if'; END`;
    await expect(pool.write(signal)).rejects.toMatchObject({
      code: "UNAVAILABLE",
      message: expect.not.stringContaining("as if"),
    });
    expect(await pool.query("SELECT note FROM notes WHERE note = 'old'")).toEqual([{ note: "old" }]);
  },
);

test("where no place is left for prepared statements, they go as text, with the same results", async () => {
  await using server = await privateMysql({ args: ["--max-prepared-stmt-count=2"] });
  await using greedy = openMysql(server.url, { ...PATIENT, connectionsMax: 1 });
  await greedy.query("SELECT 1");
  await greedy.query("SELECT 2");
  await using pool = openMysql(server.url, { ...PATIENT, connectionsMax: 2 });
  await pool.write("CREATE TABLE t (id BIGINT AUTO_INCREMENT PRIMARY KEY, a TEXT, b VARBINARY(9), c BIGINT)");
  const params = [`it's "\\" \u0000 {"a":"\\n"}`, Buffer.from([0, 39, 255]), 9_007_199_254_740_993n];
  const { insertId } = await pool.write("INSERT INTO t (a, b, c) VALUES (?, ?, ?)", params);
  const rows = await pool.transaction((tx) => tx.query("SELECT a, b, c FROM t WHERE id = ? LIMIT ?", [insertId, 5n]));
  expect(rows).toEqual([{ a: params[0], b: params[1], c: "9007199254740993" }]);
});
