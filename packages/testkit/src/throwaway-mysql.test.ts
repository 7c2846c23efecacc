import { describe, expect, test } from "@jest/globals";
import { createConnection } from "mysql2/promise";
import { askMysql as ask } from "./ask-mysql.js";
import { mysqlStatus } from "./mysql-status.js";
import { privateMysql } from "./private-mysql.js";
import { throwawayMysql } from "./throwaway-mysql.js";

describe("throwawayMysql", () => {
  test("gives each test an empty database of its own, on one server", async () => {
    await using one = await throwawayMysql();
    await using other = await throwawayMysql();
    await ask(one.url, "CREATE TABLE article (id BIGINT PRIMARY KEY)");
    expect(await ask(other.url, "SHOW TABLES")).toEqual([]);
    const question = "SELECT @@datadir AS server, @@character_set_database AS charset";
    expect(await ask(one.url, question)).toEqual(await ask(other.url, question));
    expect(await ask(one.url, question)).toMatchObject([{ charset: "utf8mb4" }]);
  });

  test("the database is gone afterwards", async () => {
    const mysql = await throwawayMysql();
    await mysql[Symbol.asyncDispose]();
    await expect(ask(mysql.url, "SELECT 1")).rejects.toThrow(/Unknown database/);
  });

  test("a transaction that somebody left open does not hold up the end of a test", async () => {
    const mysql = await throwawayMysql();
    await ask(mysql.url, "CREATE TABLE article (id BIGINT PRIMARY KEY)");
    const forgotten = await createConnection(mysql.url);
    await forgotten.query("BEGIN");
    await forgotten.query("INSERT INTO article VALUES (1)");
    await mysql[Symbol.asyncDispose]();
    await forgotten.end();
  });

  test("counts what the server has done", async () => {
    await using mysql = await privateMysql();
    const before = await mysqlStatus(mysql.url, "Com_select");
    await ask(mysql.url, "SELECT 1");
    expect((await mysqlStatus(mysql.url, "Com_select")) - before).toBe(1);
  });
});

describe("privateMysql", () => {
  test("killed and restarted, it is at the same address and has what it acknowledged", async () => {
    await using mysql = await privateMysql({ tcp: true });
    const { url, pid } = mysql;
    await ask(url, "CREATE TABLE article (id BIGINT PRIMARY KEY)");
    await ask(url, "INSERT INTO article VALUES (7)");
    await mysql.kill();
    await expect(ask(url, "SELECT 1")).rejects.toThrow(/ECONNREFUSED/);
    await mysql.restart();
    expect(mysql.url).toBe(url);
    expect(mysql.pid).not.toBe(pid);
    expect(await ask(url, "SELECT id FROM article")).toEqual([{ id: 7 }]);
  });

  test("paused, it says nothing; resumed, it answers", async () => {
    await using mysql = await privateMysql();
    const connection = await createConnection(mysql.url);
    mysql.pause();
    const answer = connection.query("SELECT 1 AS one").then(([rows]) => rows);
    const quiet = new Promise((resolve) => setTimeout(resolve, 50, "quiet"));
    expect(await Promise.race([answer, quiet])).toBe("quiet");
    mysql.resume();
    expect(await answer).toEqual([{ one: 1 }]);
    await connection.end();
  });
});
