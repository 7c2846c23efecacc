import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { jobStoreConformance } from "./conformance.js";
import { loadDriver, type SQLiteDatabase, type SQLiteDriver } from "./sqlite/driver.js";
import { SQLiteJobStore } from "./sqlite.js";

const DRIVERS = (["node:sqlite", "better-sqlite3", "libsql"] as const).filter(isInstalled);
const folder = mkdtempSync(join(tmpdir(), "headline-sqlite-"));
let opened = 0;

afterAll(() => rmSync(folder, { recursive: true }));

const advance = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

describe.each(DRIVERS)("the SQLite store by %s", (driver) => {
  const url = `sqlite:${join(folder, `${driver.replace(":", "-")}.db`)}`;
  let connection: SQLiteDatabase;

  beforeAll(async () => {
    const store = new SQLiteJobStore({ url, driver });
    await store.migrate();
    store.close();
    connection = loadDriver(driver)(url.slice("sqlite:".length));
    connection.exec("PRAGMA busy_timeout = 1000");
  });
  afterAll(() => void connection?.close());

  const open = (namespace = `n${opened++}`) =>
    [0, 1].map(() => new SQLiteJobStore({ url, driver, namespace })) as [SQLiteJobStore, SQLiteJobStore];

  for (const { name, run } of jobStoreConformance(async () => {
    const namespace = `n${opened++}`;
    const [store, second] = open(namespace);
    return {
      store,
      second,
      advance,
      corrupt: async (jobId, json = '{"v":1') => {
        const change = connection.prepare("UPDATE scheduler_jobs SET spec = ? WHERE ns = ? AND id = ?");
        expect(Number(change.run(json, namespace, jobId).changes)).toBe(1);
      },
      close: async () => {
        store.close();
        second.close();
      },
    };
  })) {
    test(name, run);
  }
});

function isInstalled(driver: SQLiteDriver): boolean {
  if (driver === "node:sqlite") return process.getBuiltinModule(driver) !== undefined;
  try {
    return existsSync(createRequire(import.meta.url).resolve(driver));
  } catch {
    return false;
  }
}
