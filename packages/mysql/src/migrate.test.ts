import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { migratedMysql, throwawayMysql } from "@headline/testkit";
import { afterEach, describe, expect, test } from "@jest/globals";
import { migrate, openMysql } from "./index.js";

const OURS = fileURLToPath(new URL("../../../migrations", import.meta.url));
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
  await using mysql = openMysql(url);
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
    await using mysql = openMysql(database.url);
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
