import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { createConnection, type RowDataPacket } from "mysql2/promise";
import { temporaryFolder } from "../test/temporary-folder.js";
import { runInMariaDb } from "./mariadb-session.js";
import { openMariaDb } from "./open-mariadb.js";

describe("openMariaDb", () => {
  test("its URL is one mysql2 understands, of an empty utf8mb4 database in UTC", async () => {
    using folder = temporaryFolder();
    await using server = await openMariaDb({ dataDir: folder.path });
    const path = encodeURIComponent(server.socketPath);
    expect(server.url).toBe(`mysql://root@localhost/headline?socketPath=${path}`);
    const question = "SELECT DATABASE() db, @@character_set_database charset, @@collation_database co, @@time_zone tz";
    expect(await ask(server.url, question)).toEqual([
      { db: "headline", charset: "utf8mb4", co: "utf8mb4_unicode_ci", tz: "+00:00" },
    ]);
  });

  test("a second start on the same data keeps the data, also after a kill -9", async () => {
    using folder = temporaryFolder();
    const first = await openMariaDb({ dataDir: folder.path });
    await ask(first.url, "CREATE TABLE article (id BIGINT PRIMARY KEY)");
    await ask(first.url, "INSERT INTO article VALUES (7)");
    process.kill(first.pid ?? 0, "SIGKILL");
    await first.exited;
    const second = await openMariaDb({ dataDir: folder.path });
    await ask(second.url, "INSERT INTO article VALUES (8)");
    await second.stop();
    await using third = await openMariaDb({ dataDir: folder.path });
    expect(await ask(third.url, "SELECT id FROM article ORDER BY id")).toEqual([{ id: 7 }, { id: 8 }]);
  });

  test("a bootstrap that was interrupted is made again", async () => {
    using folder = temporaryFolder();
    mkdirSync(join(folder.path, "data.part-1/mysql"), { recursive: true });
    await using server = await openMariaDb({ dataDir: folder.path });
    expect(await ask(server.url, "SELECT 1 AS one")).toEqual([{ one: 1 }]);
  });

  test("data that lost its system tables is not overwritten", async () => {
    using folder = temporaryFolder();
    const first = await openMariaDb({ dataDir: folder.path });
    await ask(first.url, "CREATE TABLE article (id BIGINT PRIMARY KEY)");
    await first.stop();
    rmSync(join(folder.path, "data/.ready"));
    await expect(openMariaDb({ dataDir: folder.path })).rejects.toThrow(/ENOTEMPTY/);
  });

  test("creates and drops databases on request, and refuses a name that is none", async () => {
    using folder = temporaryFolder();
    await using server = await openMariaDb({ dataDir: folder.path, database: "news" });
    const url = await server.createDatabase("other");
    expect(await ask(url, "SELECT DATABASE() db")).toEqual([{ db: "other" }]);
    expect(await server.createDatabase("other")).toBe(url);
    await server.dropDatabase("other");
    await expect(ask(url, "SELECT 1")).rejects.toThrow(/Unknown database/);
    await expect(server.createDatabase("a`; DROP DATABASE news")).rejects.toThrow(/is no name for a database/);
  });

  test("a statement that fails is reported with the server's words", async () => {
    using folder = temporaryFolder();
    await using server = await openMariaDb({ dataDir: folder.path });
    await expect(runInMariaDb(server.socketPath, ["DROP DATABASE nowhere"])).rejects.toThrow(
      "MariaDB: Can't drop database 'nowhere'; database doesn't exist (1008) at: DROP DATABASE nowhere",
    );
  });

  test("listens on 127.0.0.1 when asked for a port", async () => {
    using folder = temporaryFolder();
    await using server = await openMariaDb({ dataDir: folder.path, ephemeral: true, port: 43306 });
    expect(server.url).toBe("mysql://root@127.0.0.1:43306/headline");
    expect(await ask(server.url, "SELECT 1 AS one")).toEqual([{ one: 1 }]);
  });

  test("a server that dies at once says why", async () => {
    using folder = temporaryFolder();
    const opening = openMariaDb({ dataDir: folder.path, args: ["--no-such-option"] });
    await expect(opening).rejects.toThrow(/^mariadb died at once \(exit code \d+\); its log .*mariadb\.log ends:\n/);
    await expect(opening).rejects.toThrow(/unknown option '--no-such-option'/);
  });
});

async function ask(url: string, question: string): Promise<RowDataPacket[]> {
  const connection = await createConnection(url);
  try {
    const [rows] = await connection.query<RowDataPacket[]>(question);
    return rows;
  } finally {
    await connection.end();
  }
}
