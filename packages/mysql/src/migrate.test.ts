import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { migratedMysql, privateMysql, throwawayMysql } from "@headline/testkit";
import { afterEach, describe, expect, test } from "@jest/globals";
import { migrate, openMysql } from "./index.js";

/** Wide limits: a busy machine creates tables slowly. */
const PATIENT = { acquireTimeoutMs: 30_000, statementTimeoutMs: 30_000 };

const OURS = fileURLToPath(new URL("../../newsroom/migrations", import.meta.url));
const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function folderOf(files: Record<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), "migrations-"));
  folders.push(folder);
  for (const [name, sql] of Object.entries(files)) writeFileSync(join(folder, name), sql);
  return folder;
}

async function schemaOf(url: string): Promise<string[]> {
  await using mysql = openMysql(url, PATIENT);
  const tables = (await mysql.query<Record<string, string>>("SHOW TABLES")).map((row) => String(Object.values(row)[0]));
  const shown: string[] = [];
  for (const table of tables) {
    const [row] = await mysql.query<Record<string, string>>(`SHOW CREATE TABLE ${table}`);
    shown.push(row?.["Create Table"] ?? "");
  }
  return shown;
}

describe("migrating", () => {
  test("applies our schema once, however many start at once", async () => {
    await using database = await throwawayMysql();
    const applied = await Promise.all([
      migrate(database.url, OURS),
      migrate(database.url, OURS),
      migrate(database.url, OURS),
    ]);
    const [winner, ...others] = applied.sort((a, b) => b.length - a.length);
    expect(winner?.length).toBeGreaterThan(10);
    expect(others).toEqual([[], []]);
    expect(await migrate(database.url, OURS)).toEqual([]);
  });

  test("is what the copies have that other tests work on", async () => {
    const migrated = async () => await migratedMysql((url) => migrate(url, OURS));
    await using first = await migrated(); // if nobody came before, what the copies are made of
    await using copy = await migrated();
    await using database = await throwawayMysql();
    await migrate(database.url, OURS);
    const expected = await schemaOf(database.url);
    expect(expected.length).toBeGreaterThan(20);
    for (const { url } of [first, copy]) {
      expect(await schemaOf(url)).toEqual(expected);
      expect(await migrate(url, OURS)).toEqual([]);
    }
  });

  test("adds what is new, in order, and ignores what is no migration", async () => {
    await using database = await throwawayMysql();
    const files = { "001-a.sql": "CREATE TABLE a (id INT PRIMARY KEY)", "README.md": "not one" };
    expect(await migrate(database.url, folderOf(files))).toEqual(["001-a"]);
    const more = {
      ...files,
      "010-c.sql": "ALTER TABLE b ADD c INT",
      "002-b.sql": "CREATE TABLE b (id INT PRIMARY KEY)",
    };
    expect(await migrate(database.url, folderOf(more))).toEqual(["002-b", "010-c"]);
    await using mysql = openMysql(database.url, PATIENT);
    expect(await mysql.query("SELECT c FROM b")).toEqual([]);
  });

  test("stops at one that fails, names it, and goes on from there another time", async () => {
    await using database = await throwawayMysql();
    const files = { "001-a.sql": "CREATE TABLE a (id INT PRIMARY KEY)", "002-b.sql": "CREATE NONSENSE" };
    await expect(migrate(database.url, folderOf(files))).rejects.toThrow(/002-b/);
    const fixed = { ...files, "002-b.sql": "CREATE TABLE b (id INT PRIMARY KEY)" };
    expect(await migrate(database.url, folderOf(fixed))).toEqual(["002-b"]);
  });
});

const QUERY = 3;

/** A link that ends for good at the first statement that is not among `known`, once the server has carried it out. */
async function cuttingLink(url: string, known: Set<string>) {
  const socketPath = new URL(url).searchParams.get("socketPath") ?? "";
  let isCut = false;
  const sockets = new Set<Socket>();
  const cut = () => {
    isCut = true;
    for (const socket of sockets) socket.destroy();
  };
  const listener = createServer((near) => {
    const far = connect(socketPath);
    let isLast = false;
    for (const end of [near, far]) sockets.add(end.on("error", () => undefined));
    if (isCut) cut();
    near.on("data", (packet) => {
      const text = packet
        .subarray(5)
        .toString()
        .replace(/'\d{4}-\d\d-\d\dT[^']*'/, "now");
      if (packet[4] === QUERY && !known.has(text)) {
        known.add(text);
        isLast = true;
      }
      far.write(packet);
    });
    far.on("data", (reply) => (isLast ? cut() : near.write(reply)));
    near.once("close", () => far.destroy());
    far.once("close", () => near.destroy());
  });
  await once(listener.listen(0, "127.0.0.1"), "listening");
  return {
    url: `mysql://root@127.0.0.1:${(listener.address() as AddressInfo).port}${new URL(url).pathname}`,
    isCut: () => isCut,
    [Symbol.asyncDispose]: async () => {
      cut();
      listener.close();
    },
  };
}

describe("a migrator that is killed", () => {
  test("after any statement is followed by another that ends at the same schema", async () => {
    await using whole = await throwawayMysql();
    await migrate(whole.url, OURS);
    const expected = await schemaOf(whole.url);

    await using database = await throwawayMysql();
    const known = new Set<string>();
    let kills = 0;
    for (; ; kills += 1) {
      await using link = await cuttingLink(database.url, known);
      const isDone = await migrate(link.url, OURS).then(
        () => true,
        () => false,
      );
      expect(isDone || link.isCut()).toBe(true);
      if (isDone) break;
    }
    expect(kills).toBeGreaterThan(60); // each of some 35 migrations is one statement and some of bookkeeping
    expect(await schemaOf(database.url)).toEqual(expected);
    expect(await migrate(database.url, OURS)).toEqual([]);
  });

  test("of a version that recorded no starts is followed by one that finds the statement done, whichever it was", async () => {
    await using database = await migratedMysql((url) => migrate(url, OURS));
    const expected = await schemaOf(database.url);
    await using mysql = openMysql(database.url, PATIENT);
    const names = (await mysql.query<{ name: string }>("SELECT name FROM kysely_migration ORDER BY name")).map(
      ({ name }) => name,
    );
    const stuck = names.filter((_, at) => at % 6 === 0 || at === names.length - 1);
    for (const name of stuck) {
      await mysql.write("DROP TABLE migration_starts");
      await mysql.write("DELETE FROM kysely_migration WHERE name = ?", [name]);
      expect(await migrate(database.url, OURS)).toEqual([name]);
      expect(await migrate(database.url, OURS)).toEqual([]);
    }
    await mysql.write("DELETE FROM migration_starts"); // a migrator that ended before it had copied the names
    await mysql.write("DELETE FROM kysely_migration WHERE name = ?", [stuck[0] ?? ""]);
    expect(await migrate(database.url, OURS)).toEqual([stuck[0]]);
    expect(await schemaOf(database.url)).toEqual(expected);
  });

  test("of such a version lets one statement pass that is done already, and no second", async () => {
    await using database = await throwawayMysql();
    const files = { "001-a.sql": "CREATE TABLE a (id INT PRIMARY KEY)" };
    await migrate(database.url, folderOf(files));
    await using mysql = openMysql(database.url, PATIENT);
    await mysql.write("DROP TABLE migration_starts");
    await mysql.write("CREATE TABLE b (id INT)");
    const more = { ...files, "002-b.sql": "CREATE TABLE b (id INT)", "003-a.sql": "CREATE TABLE a (id INT)" };
    for (let time = 0; time < 2; time += 1)
      await expect(migrate(database.url, folderOf(more))).rejects.toThrow(/003-a failed/);
  });

  test("does not make a real mistake pass the second time", async () => {
    await using database = await throwawayMysql();
    const files = { "001-a.sql": "CREATE TABLE a (id INT PRIMARY KEY)", "002-a.sql": "CREATE TABLE a (id INT)" };
    for (let time = 0; time < 2; time += 1)
      await expect(migrate(database.url, folderOf(files))).rejects.toThrow(/002-a failed/);
  });
});

test("servers where autocommit is off, texts in double quotes are names and backslashes are plain are migrated alike", async () => {
  await using server = await privateMysql({
    args: ["--autocommit=0", "--sql-mode=ANSI_QUOTES,NO_BACKSLASH_ESCAPES", "--default-time-zone=+05:00"],
  });
  const files = { "001-a.sql": "CREATE TABLE a (id INT PRIMARY KEY)", "002-b.sql": "INSERT INTO a VALUES (1)" };
  expect(await migrate(server.url, folderOf(files))).toEqual(["001-a", "002-b"]);
  expect(await migrate(server.url, folderOf(files))).toEqual([]);
  await using first = openMysql(server.url, PATIENT);
  await using second = openMysql(server.url, PATIENT);
  await first.write("INSERT INTO a VALUES (2)");
  await second.write("UPDATE a SET id = 3 WHERE id = 2"); // no lock was kept
  expect(await second.query("SELECT id FROM a ORDER BY id")).toEqual([{ id: 1 }, { id: 3 }]);
  const [settings] = await first.query("SELECT @@autocommit AS auto, @@time_zone AS zone, LENGTH('\\\\') AS length");
  expect(settings).toEqual({ auto: "1", zone: "+00:00", length: 1 });
});
