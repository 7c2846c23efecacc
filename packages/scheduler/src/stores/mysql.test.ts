import { type ThrowawayMysql, throwawayMysql } from "@headline/testkit";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { createPool, type Pool, type RowDataPacket } from "mysql2/promise";
import { encodeJob } from "../core/job-record.js";
import { date } from "../triggers/date.js";
import { interval } from "../triggers/interval.js";
import { claiming, claimOne, FAR, job, LEASE_MS, reportOf, request, running, started } from "./conformance/kit.js";
import { jobStoreConformance } from "./conformance.js";
import { MySQLJobStore } from "./mysql.js";
import type { RunSql } from "./sql/jobs-in-transaction.js";

let database: ThrowawayMysql;
let pools: [Pool, Pool];
let opened = 0;

/** Whatever somebody's pool is set to, the store reads its own rows. */
const ODD = {
  supportBigNumbers: true,
  bigNumberStrings: true,
  rowsAsArray: true,
  namedPlaceholders: true,
  dateStrings: true,
  resetOnRelease: true,
};

beforeAll(async () => {
  database = await throwawayMysql();
  pools = [createPool({ uri: database.url }), createPool({ uri: database.url, ...ODD })];
});

afterAll(async () => {
  await Promise.all(pools?.map((pool) => pool.end()) ?? []);
  await database?.[Symbol.asyncDispose]();
});

const advance = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

async function open(namespace = `n${opened++}`) {
  const [store, second] = pools.map((pool) => new MySQLJobStore({ pool, namespace })) as [MySQLJobStore, MySQLJobStore];
  await store.migrate();
  return { store, second, namespace };
}

describe("the MySQL store", () => {
  for (const { name, run } of jobStoreConformance(async () => {
    const { store, second, namespace } = await open();
    const corrupt = async (jobId: string, json = '{"v":1') => {
      await pools[0].query("UPDATE scheduler_jobs SET spec = ? WHERE ns = ? AND id = ?", [json, namespace, jobId]);
    };
    return { store, second, advance, corrupt, close: async () => {} };
  })) {
    test(name, run);
  }
});

test("nodes and results that cannot be read cost themselves alone", async () => {
  const { store, namespace } = await open();
  const [broken, sound] = [await running(store, { id: "broken" }), await running(store, { id: "sound" })];
  await store.report([broken, sound].map((run) => reportOf(run, { result: 7 })));
  await pools[0].query("UPDATE scheduler_executions SET result = '{' WHERE ns = ? AND job_id = 'broken'", [namespace]);
  const { executions } = await store.executions.list({});
  expect(executions.map(({ jobId, result, error }) => [jobId, result, error]).sort()).toEqual([
    ["broken", null, "the outcome cannot be read"],
    ["sound", 7, null],
  ]);
  const node = { host: "h", pid: 1, startedAt: 1, seenAt: 0, running: 0, state: "running" } as const;
  for (const id of ["a", "b", "c"]) await store.heartbeat({ ...node, id });
  await pools[0].query("UPDATE scheduler_nodes SET node = IF(id = 'a', '{', 'null') WHERE ns = ? AND id <> 'c'", [
    namespace,
  ]);
  expect((await store.nodes()).map(({ id }) => id)).toEqual(["c"]);
});

describe("tables", () => {
  test("are made by several processes at once, and found complete", async () => {
    const prefixed = () => new MySQLJobStore({ url: database.url, tablePrefix: "crowd_" });
    const stores = Array.from({ length: 8 }, prefixed);
    await expect(stores[0]!.start()).rejects.toThrow(/migrate\(\) makes them/);
    await Promise.all(stores.map((store) => store.migrate()));
    await Promise.all(stores.map((store) => store.start()));
    expect(await stores[0]!.insert(job({ id: "one" }))).toBeUndefined();
    expect((await stores[1]!.get("one"))?.id).toBe("one");
    await Promise.all(stores.map((store) => store.close()));
  });

  test("of a newer library are left alone", async () => {
    const store = new MySQLJobStore({ pool: pools[0], tablePrefix: "newer_" });
    await store.migrate();
    await pools[0].query("INSERT INTO newer_schema VALUES (99)");
    await expect(store.migrate()).rejects.toThrow(/version 99, newer/);
    await expect(store.start()).rejects.toThrow(/version 99/);
  });

  test("of the first version are brought up to date by several processes, with rows that the old ones write meanwhile", async () => {
    const pool = pools[0];
    const stores = [0, 1].map(() => new MySQLJobStore({ pool, tablePrefix: "first_" }));
    await stores[0]!.migrate();
    const later = { executor: "cpu" };
    expect(await stores[0]!.insert(job({ id: "before", ...later }))).toBeUndefined();
    await pool.query("ALTER TABLE first_jobs DROP KEY lane, DROP COLUMN executor");
    await pool.query("ALTER TABLE first_instances DROP COLUMN executor");
    await pool.query("UPDATE first_schema SET version = 1");
    await Promise.all(stores.map((store) => store.migrate()));
    const spec = encodeJob(job({ id: "meanwhile", ...later }));
    await pool.query(
      "INSERT INTO first_jobs (ns, id, func, next_run_ms, version, max_instances, spec) VALUES ('default', 'meanwhile', 'task', 2000, 1, 1, ?)",
      [spec],
    );
    const ids = async (executor: string) => {
      const { jobs } = await stores[1]!.claimDue(
        claiming({ executors: [{ executor, capacity: 10, tasks: ["task"] }] }),
      );
      return jobs.map(({ id }) => id);
    };
    expect(await ids("default")).toEqual([]);
    expect(await ids("cpu")).toEqual(["before", "meanwhile"]);
  });

  test("tell ids apart byte by byte", async () => {
    const { store } = await open();
    for (const id of ["a", "a ", "A", "ä", "á", "a\t", "a\u0001"]) {
      expect(await store.insert(job({ id, args: [id] }))).toBeUndefined();
    }
    expect((await store.get("a "))?.args).toEqual(["a "]);
    expect(await store.remove("a")).toBe(true);
    expect((await store.list({})).jobs).toHaveLength(6);
  });
});

describe("what must not become SQL", () => {
  test("objects in the place of texts are refused", async () => {
    const { store } = await open();
    await store.insert(job({ id: "mine" }));
    const odd = { id: 1 } as unknown as string;
    await expect(store.get(odd)).rejects.toThrow(TypeError);
    await expect(store.remove(odd)).rejects.toThrow(TypeError);
    expect((await store.get("mine"))?.id).toBe("mine");
  });

  test("backslashes are texts also where the server takes them literally", async () => {
    const pool = createPool({ uri: database.url, connectionLimit: 1 });
    pool.on("connection", (connection) => {
      connection.query("SET SESSION sql_mode = 'NO_BACKSLASH_ESCAPES'");
    });
    const store = new MySQLJobStore({ pool, namespace: "literal" });
    for (const id of ["\\' OR 1 = 1 -- ", "\\", "'"]) {
      expect(await store.insert(job({ id }))).toBeUndefined();
      expect((await store.get(id))?.id).toBe(id);
    }
    expect((await store.list({})).jobs).toHaveLength(3);
    await pool.end();
  });

  test("ids and tasks that are too long are refused by name, not cut", async () => {
    const { store } = await open();
    await expect(store.insert(job({ id: "x".repeat(191) }))).rejects.toThrow(/^id: /);
    await expect(store.insert(job({ func: "x".repeat(256) }))).rejects.toThrow(/^func: /);
  });
});

describe("the clock", () => {
  test("is the server's, whatever the session's time zone is", async () => {
    const pool = createPool({ uri: database.url });
    pool.on("connection", (connection) => {
      connection.query("SET SESSION time_zone = '+05:30'");
    });
    const far = new MySQLJobStore({ pool });
    const { store } = await open();
    const moments = [Date.now() - 1, await store.now(), await far.now(), await store.now(), Date.now() + 1];
    expect(moments).toEqual([...moments].sort((one, other) => one - other));
    await pool.end();
  });

  test("may be the test's", async () => {
    const now = Date.UTC(2026, 0, 1);
    const store = new MySQLJobStore({ pool: pools[0], namespace: "clock", now: () => now });
    await store.insert(job({ id: "then", nextRunMs: now }));
    await store.insert(job({ id: "later", nextRunMs: now + 1 }));
    const claims = await store.claimDue(claiming());
    expect([claims.nowMs, claims.nextDueMs]).toEqual([now, now + 1]);
    expect(claims.jobs.map(({ id }) => id)).toEqual(["then"]);
  });
});

describe("what cannot be read", () => {
  test("does not hold up the list, nor a search by tag", async () => {
    const { store, namespace } = await open();
    for (const id of ["bad", "good"]) await store.insert(job({ id, tags: ["red"] }));
    await pools[0].query("UPDATE scheduler_jobs SET spec = '{\"v\"' WHERE ns = ? AND id = 'bad'", [namespace]);
    expect((await store.list({})).jobs.map(({ id }) => id)).toEqual(["good"]);
    expect((await store.list({ tag: "red" })).jobs.map(({ id }) => id)).toEqual(["good"]);
    expect((await store.list({ tag: "RED" })).jobs).toEqual([]);
    await expect(store.get("bad")).rejects.toThrow(SyntaxError);
  });

  test("is lost when its scheduler dies, and the runs beside it are taken over", async () => {
    const { store, namespace } = await open();
    const [bad, good] = [await running(store, { ack: "late" }), await running(store, { ack: "late" })];
    await pools[0].query("UPDATE scheduler_instances SET spec = '{' WHERE ns = ? AND id = ?", [
      namespace,
      bad.instanceId,
    ]);
    await advance(LEASE_MS + 20);
    const { reclaimed, lost } = await store.reclaim(claiming({ owner: "bob" }));
    expect(reclaimed.map(({ instanceId }) => instanceId)).toEqual([good.instanceId]);
    expect(lost.map(({ jobId }) => jobId)).toEqual([bad.job.id]);
  });
});

describe("long and odd texts", () => {
  test("travel in several packets, and what is too long for one does not hold up the rest", async () => {
    const { store } = await open();
    const runs = [];
    for (let at = 0; at < 12; at++)
      runs.push(await running(store, { args: ["x".repeat(300_000)] }, { leaseMs: 60_000 }));
    const reports = runs.map((run, at) => reportOf(run, { result: '"\\'.repeat(at === 0 ? 3_000_000 : 200_000) }));
    expect(await store.report(reports)).toEqual(runs.map(() => true));
    const results = await Promise.all(runs.map(({ result }) => store.executions.get(result.runs[0]!.executionId)));
    expect(results[0]?.result).toMatch(/too long to keep/);
    expect(results[1]?.result).toHaveLength(400_000);
  });

  test("of errors are cut, half a character and all", async () => {
    const { store } = await open();
    const run = await running(store);
    const error = `${"x".repeat(1_999)}🚀${"y".repeat(9_000)}`;
    expect(await store.report([reportOf(run, { state: "error", error, stack: `\ud83d\u0000${error}` })])).toEqual([
      true,
    ]);
    const row = await store.executions.get(run.result.runs[0]!.executionId);
    expect(row?.error).toBe(`${"x".repeat(1_999)}\ufffd`);
    expect(row?.stack).toHaveLength(8_000);
  });
});

describe("claims", () => {
  test("of others tell when they end", async () => {
    const { store, second } = await open();
    await store.insert(job({ id: "theirs" }));
    const { nowMs } = await store.claimDue(claiming({ leaseMs: 5_000 }));
    await store.insert(job({ id: "ours" }));
    const idle = await second.claimDue(claiming({ owner: "bob", leaseMs: 9_000 }));
    expect(idle.jobs.map(({ id }) => id)).toEqual(["ours"]);
    expect(idle.nextDueMs).toBe(nowMs + 5_000);
    expect((await second.claimDue(claiming({ owner: "bob" }))).nextDueMs).toBe(nowMs + 5_000);
  });

  test("are used once, also within one batch", async () => {
    const { store } = await open();
    await store.insert(job({ id: "once", maxInstances: 9 }));
    const claimed = await claimOne(store, "once");
    const results = await store.dispatch([request(claimed, FAR), request(claimed, FAR)]);
    expect(results.map(({ kind }) => kind)).toEqual(["started", "stale"]);
  });

  test("whose request is only the next run have the same result again", async () => {
    const { store } = await open();
    await store.insert(job({ id: "moved" }));
    const { version } = await claimOne(store, "moved");
    const move = { jobId: "moved", claim: { version, nextRunMs: FAR } };
    const first = await store.dispatch([move]);
    expect(first).toEqual([{ kind: "started", token: 0, runs: [] }]);
    expect(await store.dispatch([move])).toEqual(first);
  });
});

describe("wake-ups", () => {
  test("by a channel are best effort, and none of them waits for it", async () => {
    const heard: (() => void)[] = [];
    const wake = {
      notify: () => {
        for (const tell of heard) tell();
        return new Promise(() => {});
      },
      subscribe: (onWake: () => void) => {
        heard.push(onWake);
        return () => void heard.splice(heard.indexOf(onWake), 1);
      },
    };
    const store = new MySQLJobStore({ pool: pools[0], namespace: "wake", wake });
    let woken = 0;
    const stop = store.subscribe(() => void woken++);
    await store.insert(job());
    await advance(5);
    expect(woken).toBe(1);
    stop();
    const failing = { ...wake, notify: () => Promise.reject(new Error("Redis is away")) };
    await new MySQLJobStore({ pool: pools[0], namespace: "wake", wake: failing }).insert(job());
  });
});

describe("cancelling", () => {
  test("is heard for each of an instance's runs, however often it is asked for", async () => {
    const { store } = await open();
    const added = job({ coalesce: false });
    await store.insert(added);
    const runs = ["c1", "c2"].map((executionId, at) => ({ executionId, scheduledAt: at }));
    const what = request(await claimOne(store, added.id), FAR, { runs });
    const { token } = await started(store, what);
    for (const id of ["c1", "c2", "c1"]) expect(await store.requestCancel(id)).toBe(true);
    const { cancel } = await store.renew([{ instanceId: what.instance!.id, token }], LEASE_MS);
    expect(cancel).toEqual(["c1", "c2"]);
    expect((await store.renew([{ instanceId: what.instance!.id, token: token + 1 }], LEASE_MS)).cancel).toEqual([]);
  });
});

describe("waiting", () => {
  test("for a connection has an end, and a limit to how many do it", async () => {
    const pool = createPool({ uri: database.url, connectionLimit: 1 });
    const store = new MySQLJobStore({ pool, connectMs: 100 });
    const held = await pool.getConnection();
    const waiting = await Promise.allSettled(Array.from({ length: 130 }, () => store.now()));
    const reasons = waiting.map((each) => (each as PromiseRejectedResult).reason.message as string);
    expect(reasons.filter((reason) => reason.startsWith("too many calls"))).toHaveLength(30);
    expect(reasons.filter((reason) => reason === "no MySQL connection within 100 ms")).toHaveLength(100);
    held.release();
    await advance(50); // those who gave up leave the line
    expect(await store.now()).toBeGreaterThan(0);
    await pool.end();
  });

  test("for a lock that is not given up ends, and nothing was done", async () => {
    const { namespace } = await open();
    const store = new MySQLJobStore({ url: database.url, namespace, statementMs: 200 });
    await store.insert(job({ id: "locked" }));
    const claimed = await claimOne(store, "locked");
    const holder = await pools[0].getConnection();
    await holder.query("START TRANSACTION");
    await holder.query("SELECT id FROM scheduler_jobs WHERE ns = ? FOR UPDATE", [namespace]);
    await expect(store.dispatch([request(claimed, FAR)])).rejects.toThrow("did not answer within 200 ms");
    await holder.query("ROLLBACK");
    holder.release();
    const [rows] = await pools[0].query<RowDataPacket[]>("SELECT id FROM scheduler_executions WHERE ns = ?", [
      namespace,
    ]);
    expect(rows).toEqual([]);
    expect((await store.dispatch([request(claimed, FAR)]))[0]?.kind).toBe("started");
    await store.close();
  });
});

describe("jobs in a transaction of the caller's", () => {
  async function transaction(work: (store: MySQLJobStore, run: RunSql) => Promise<void>) {
    const { store } = await open();
    const connection = await pools[0].getConnection();
    try {
      await connection.beginTransaction();
      await work(store, (sql, params) => connection.query(sql, [...params]));
    } finally {
      await connection.rollback(); // what was committed before stays
      connection.release();
    }
    return store;
  }
  const spec = { id: "order:7", func: "orders.cancel", args: ["7"], trigger: date({ runAt: 5_000_000 }) } as const;

  test("exist once it is committed", async () => {
    const store = await transaction(async (its, run) => {
      await its.inTransaction(run).put(spec);
      expect(await its.get("order:7")).toBeUndefined();
      await run("COMMIT", []);
    });
    expect(await store.get("order:7")).toMatchObject({ func: "orders.cancel", args: ["7"], nextRunMs: 5_000_000 });
  });

  test("never were when it is rolled back", async () => {
    const store = await transaction((its, run) => its.inTransaction(run).put(spec));
    expect(await store.get("order:7")).toBeUndefined();
  });

  test("are replaced, and claims of what was there before are void", async () => {
    const store = await transaction(async (its, run) => {
      expect(await its.insert(job({ id: "order:7", nextRunMs: 1_000 }))).toBeUndefined();
      const claim = await claimOne(its, "order:7");
      await its.inTransaction(run).put(spec);
      await run("COMMIT", []);
      expect(await its.dispatch([request(claim, null)])).toEqual([{ kind: "stale" }]);
    });
    expect(await store.get("order:7")).toMatchObject({ nextRunMs: 5_000_000 });
  });

  test("are removed with it, and one that is not there is no error", async () => {
    const store = await transaction(async (its, run) => {
      expect(await its.insert(job({ id: "order:7" }))).toBeUndefined();
      const jobs = its.inTransaction(run);
      await jobs.remove("order:7");
      await jobs.remove("order:8");
      expect(await its.get("order:7")).toBeDefined();
      await run("COMMIT", []);
    });
    expect(await store.get("order:7")).toBeUndefined();
  });

  test("count from the store's clock, not the host's", async () => {
    const later = Date.now() + 7_200_000;
    const store = new MySQLJobStore({ pool: pools[0], namespace: `n${opened++}`, now: () => later });
    await store.migrate();
    const run: RunSql = (sql, params) => pools[0].query(sql, [...params]);
    await store.inTransaction(run).put({ ...spec, trigger: date({ in: { minutes: 30 } }) });
    expect(await store.get("order:7")).toMatchObject({
      nextRunMs: later + 1_800_000,
      fromTask: ["ack", "timeoutMs", "overlap"],
    });
    await store.inTransaction(run).put({ ...spec, trigger: interval({ hours: 1 }) });
    expect((await store.get("order:7"))?.nextRunMs).toBe(later + 3_600_000);
    const blind = store.inTransaction(async () => {}).put({ ...spec, trigger: date({ in: { minutes: 30 } }) });
    await expect(blind).rejects.toThrow("run: must return what the statement returns");
  });

  test("a spec that says something impossible names it", async () => {
    await transaction(async (its, run) => {
      const jobs = its.inTransaction(run);
      await expect(jobs.put({ ...spec, maxInstances: 0 })).rejects.toThrow(/maxInstances/);
      await expect(jobs.put({ ...spec, func: "x".repeat(256) })).rejects.toThrow(/func/);
    });
  });
});
