import { spawnSync } from "node:child_process";
import { copyFileSync, mkdtempSync, openSync, rmSync, statSync, writeFileSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { smallDisk } from "@headline/testkit";
import { afterAll, describe, expect, test } from "@jest/globals";
import { claimOne, FAR, job, plannedRuns, request, running } from "../conformance/kit.js";
import { SQLiteJobStore } from "../sqlite.js";
import { loadDriver } from "./driver.js";

const folder = mkdtempSync(join(tmpdir(), "headline-sqlite-faults-"));
let files = 0;

afterAll(() => rmSync(folder, { recursive: true }));

function newPath(): string {
  return join(folder, `${files++}.db`);
}

async function opened(path = newPath(), lockMs = 5_000) {
  const store = new SQLiteJobStore({ url: `sqlite:${path}`, lockMs });
  await store.migrate();
  await store.start();
  return { store, path };
}

describe("a file that another program has locked", () => {
  test("is waited for without holding the event loop, and its name is in the error", async () => {
    const { store, path } = await opened(undefined, 200);
    await store.insert(job({ id: "before" }));
    const other = loadDriver(undefined)(path);
    other.exec("BEGIN IMMEDIATE");
    const order: string[] = [];
    const refused = store.insert(job({ id: "late" })).then(
      () => order.push("inserted"),
      (error: Error) => order.push(error.message),
    );
    setImmediate(() => order.push("other work"));
    await refused;
    expect(order[0]).toBe("other work");
    expect(order[1]).toBe(`${path} has been locked by another program for 200 ms`);
    expect((await store.get("before"))?.id).toBe("before");
    other.exec("COMMIT");
    expect(await store.insert(job({ id: "late" }))).toBeUndefined();
    other.close();
    store.close();
  });
});

describe("a full disk", () => {
  test("is one clear error, and leaves nothing half written", async () => {
    const path = newPath();
    const database = loadDriver(undefined)(path);
    database.prepare("PRAGMA journal_mode = WAL").all();
    const store = new SQLiteJobStore({ database });
    await store.migrate();
    const added = job({ coalesce: false });
    await store.insert(added);
    const claimed = await claimOne(store, added.id);
    const [{ page_count: pages }] = database.prepare("PRAGMA page_count").all() as [{ page_count: number }];
    database.prepare(`PRAGMA max_page_count = ${pages + 2}`).all();
    const runs = plannedRuns(...Array.from({ length: 500 }, (_, at) => at));
    const what = request(claimed, FAR, { runs });
    await expect(store.dispatch([what])).rejects.toThrow(/disk is full; nothing of this change was written/);
    expect((await store.executions.list({})).executions).toEqual([]);
    expect((await store.executions.countActive([added.id])).size).toBe(0);
    expect((await store.get(added.id))?.nextRunMs).toBe(1_000);
    database.prepare("PRAGMA max_page_count = 100000").all();
    expect(await store.dispatch([what])).toMatchObject([{ kind: "started", runs }]);
    store.close();
    database.close();
  });

  const disk = smallDisk(2);
  afterAll(() => disk?.[Symbol.dispose]());
  (disk === undefined ? test.skip : test)(
    "of the operating system too, and with space again the store goes on (skipped where the user may not mount a tmpfs)",
    async () => {
      const { store } = await opened(join(disk!.path, "jobs.db"));
      const acknowledged: string[] = [];
      const insert = async (at: number) => {
        const added = job({ id: `j${at}`, args: ["x".repeat(20_000)], nextRunMs: FAR });
        await store.insert(added);
        acknowledged.push(added.id);
      };
      disk!.fill();
      await expect(
        (async () => {
          for (let at = 0; at < 200; at++) await insert(at);
        })(),
      ).rejects.toThrow(/jobs\.db (cannot grow|cannot be read or written)/);
      disk!.free();
      await insert(1_000);
      expect((await store.list({ limit: 1_000 })).jobs.map(({ id }) => id).sort()).toEqual(acknowledged.sort());
      store.close();
    },
  );
});

describe("a file that cannot be used", () => {
  test.each([
    ["a folder that is not there", () => join(folder, "nowhere", "jobs.db"), /there is no folder .*nowhere/],
    ["a folder", () => folder, /is a folder, not a file/],
    [
      "another kind of file",
      () => {
        const path = newPath();
        writeFileSync(path, "a letter to somebody ".repeat(500));
        return path;
      },
      /is not a SQLite database/,
    ],
  ])("%s is named", async (_, make, message) => {
    const path = make();
    const store = new SQLiteJobStore({ url: `sqlite:${path}` });
    for (const act of [() => store.migrate(), () => store.start(), () => store.get("a")]) {
      const error = await act().catch((thrown: Error) => thrown as Error);
      expect((error as Error).message).toMatch(message);
      expect((error as Error).message).toContain(path);
    }
  });

  test("a damaged one is said to be damaged", async () => {
    const { store, path } = await opened();
    for (let at = 0; at < 60; at++) await store.insert(job({ id: `j${at}`, args: ["x".repeat(3_000)] }));
    store.close();
    const database = loadDriver(undefined)(path);
    database.prepare("PRAGMA wal_checkpoint(TRUNCATE)").all();
    database.close();
    const { size } = statSync(path);
    writeSync(openSync(path, "r+"), Buffer.alloc(size - 8_192, 0xff), 0, size - 8_192, 8_192);
    const again = new SQLiteJobStore({ url: `sqlite:${path}` });
    const read = async () => {
      await again.list({ limit: 1_000 });
      await again.insert(job());
    };
    await expect(read()).rejects.toThrow(/\.db is damaged: restore it from a backup/);
  });

  const readOnly = smallDisk(2);
  afterAll(() => readOnly?.[Symbol.dispose]());
  (readOnly === undefined ? test.skip : test)(
    "a read-only one says so at the first change (skipped where the user may not mount a tmpfs)",
    async () => {
      const { store, path: writable } = await opened();
      store.close();
      const database = loadDriver(undefined)(writable);
      database.prepare("PRAGMA wal_checkpoint(TRUNCATE)").all();
      const path = join(readOnly!.path, "jobs.db");
      copyFileSync(writable, path);
      const remount = spawnSync("mount", ["-o", "remount,ro", readOnly!.path]);
      expect(String(remount.stderr)).toBe("");
      const reader = new SQLiteJobStore({ url: `sqlite:${path}` });
      await expect(reader.insert(job())).rejects.toThrow(/jobs\.db (is read-only|cannot be opened)/);
      reader.close();
    },
  );

  test("one that was removed while it was open is not written any more; the new one is, once it has tables", async () => {
    const { store, path } = await opened();
    await store.insert(job({ id: "old" }));
    for (const suffix of ["", "-wal", "-shm"]) rmSync(`${path}${suffix}`, { force: true });
    await expect(store.insert(job())).rejects.toThrow(/was removed or replaced while it was open/);
    await store.migrate();
    expect(await store.insert(job({ id: "new" }))).toBeUndefined();
    expect((await store.list({})).jobs.map(({ id }) => id)).toEqual(["new"]);
    store.close();
  });

  test("a connection without a write-ahead log is refused", async () => {
    const database = loadDriver(undefined)(newPath());
    database.exec("CREATE TABLE mine (a)");
    const store = new SQLiteJobStore({ database });
    await expect(store.migrate()).rejects.toThrow(/has the journal mode delete, and the store needs wal/);
    database.close();
  });

  test("tables of a newer library are left alone", async () => {
    const { store, path } = await opened();
    const database = loadDriver(undefined)(path);
    database.exec("INSERT INTO scheduler_schema VALUES (99)");
    await expect(store.migrate()).rejects.toThrow(/version 99, newer/);
    await expect(store.start()).rejects.toThrow(/version 99/);
    database.close();
    store.close();
  });
});

test.each([
  ["mysql://h/d", "must begin with sqlite:"],
  ["sqlite:", "names no file"],
  ["sqlite:jobs/", "names no file"],
  ["sqlite::memory:", "must name a file"],
  ["sqlite:///jobs.db", "must have the path right after sqlite:"],
  ["sqlite:jobs.db?mode=ro", "has no options"],
  ["sqlite:100%.db", "has a malformed percent sign in the path"],
])("the url %s is refused: %s", (url, reason) => {
  expect(() => new SQLiteJobStore({ url })).toThrow(`url: ${reason}`);
});

test("unreadable rows cost themselves alone", async () => {
  const { store, path } = await opened();
  const database = loadDriver(undefined)(path);
  const run = await running(store, { id: "broken" });
  database.exec("UPDATE scheduler_executions SET state = 'executed', result = '{'");
  expect((await store.executions.get(run.result.runs[0]!.executionId))?.error).toBe("the outcome cannot be read");
  const node = { host: "h", pid: 1, startedAt: 1, seenAt: 0, running: 0, state: "running" } as const;
  for (const id of ["a", "b"]) await store.heartbeat({ ...node, id });
  database.exec("UPDATE scheduler_nodes SET node = '{' WHERE id = 'a'");
  expect((await store.nodes()).map(({ id }) => id)).toEqual(["b"]);
  database.close();
  store.close();
});

test("100,000 jobs are listed page by page, and a rare tag or text is found while other work goes on", async () => {
  const { store, path } = await opened();
  const database = loadDriver(undefined)(path);
  const spec = JSON.stringify({ v: 1, ...job({ id: "ID", tags: ["usual"] }) });
  database.exec("BEGIN");
  const insert = database.prepare(
    `INSERT INTO scheduler_jobs (ns, id, func, executor, next_run_ms, version, max_instances, spec)
     WITH RECURSIVE n (at) AS (SELECT 0 UNION ALL SELECT at + 1 FROM n WHERE at < 99999)
     SELECT 'default', 'j' || (100000 + at), 'task', 'default', ? + at, 1, 1,
       replace(replace(?, '"ID"', '"j' || (100000 + at) || '"'), CASE WHEN at % 33333 = 7 THEN 'usual' ELSE '' END, 'rare') FROM n`,
  );
  insert.run(FAR, spec);
  database.exec("COMMIT");
  database.close();
  const first = await store.list({ limit: 50 });
  expect(first.jobs.map(({ id }) => id)).toEqual(Array.from({ length: 50 }, (_, at) => `j${100_000 + at}`));
  const second = await store.list({ limit: 50, cursor: first.cursor! });
  expect(second.jobs[0]?.id).toBe("j100050");
  let turns = 0;
  const timer = setInterval(() => turns++, 1);
  const rare = await store.list({ tag: "rare", limit: 50 });
  clearInterval(timer);
  expect(rare.jobs.map(({ id }) => id)).toEqual(["j100007", "j133340", "j166673"]);
  expect(turns).toBeGreaterThan(0);
  const found = await store.list({ search: "J177777", limit: 50 });
  expect(found.jobs.map(({ id }) => id)).toEqual(["j177777"]);
  expect(await store.removeAll()).toBe(100_000);
  store.close();
});
