import { noPostgres, type ThrowawayPostgres, throwawayPostgres } from "@headline/testkit";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { Pool, type types } from "pg";
import { date } from "../triggers/date.js";
import { interval } from "../triggers/interval.js";
import { claiming, claimOne, FAR, job, LEASE_MS, reportOf, request, running } from "./conformance/kit.js";
import { jobStoreConformance } from "./conformance.js";
import { fromColumn, toColumn } from "./postgres/text.js";
import { PostgresJobStore, type PostgresPool, type RunSql } from "./postgres.js";

const onPostgres = noPostgres === undefined ? describe : describe.skip;

let database: ThrowawayPostgres;
let pools: [Pool, Pool];
let opened = 0;

/** Whatever a caller's pool and its sessions are set to, the store reads its own rows. */
const ODD = {
  types: { getTypeParser: () => () => "another type" } as unknown as typeof types,
  options: "-c default_transaction_isolation=serializable -c DateStyle=German -c TimeZone=Asia/Kolkata",
};

onPostgres("the PostgreSQL store", () => {
  beforeAll(async () => {
    database = await throwawayPostgres();
    const url = new URL(database.url);
    const at = { host: url.searchParams.get("host")!, user: "postgres", database: database.database };
    pools = [new Pool(at), new Pool({ ...at, ...ODD })];
  });
  afterAll(async () => {
    await Promise.all(pools?.map((pool) => pool.end()) ?? []);
    await database?.[Symbol.asyncDispose]();
  });

  for (const { name, run } of jobStoreConformance(async () => {
    const { store, second, namespace } = await open();
    const corrupt = async (jobId: string, json = '{"v":1') => {
      await pools[0].query("UPDATE scheduler_jobs SET spec = $1 WHERE ns = $2 AND id = $3", [json, namespace, jobId]);
    };
    return { store, second, advance, corrupt, close: async () => {} };
  })) {
    test(name, run);
  }

  test("nodes and results that cannot be read cost themselves alone", async () => {
    const { store, namespace } = await open();
    const [broken, sound] = [await running(store, { id: "broken" }), await running(store, { id: "sound" })];
    await store.report([broken, sound].map((run) => reportOf(run, { result: 7 })));
    await pools[0].query("UPDATE scheduler_executions SET result = '{' WHERE ns = $1 AND job_id = 'broken'", [
      namespace,
    ]);
    const { executions } = await store.executions.list({});
    expect(executions.map(({ jobId, result, error }) => [jobId, result, error]).sort()).toEqual([
      ["broken", null, "the outcome cannot be read"],
      ["sound", 7, null],
    ]);
    const node = { host: "h", pid: 1, startedAt: 1, seenAt: 0, running: 0, state: "running" } as const;
    for (const id of ["a", "b", "c"]) await store.heartbeat({ ...node, id });
    await pools[0].query(
      "UPDATE scheduler_nodes SET node = CASE id WHEN 'a' THEN '{' ELSE 'null' END WHERE ns = $1 AND id <> 'c'",
      [namespace],
    );
    expect((await store.nodes()).map(({ id }) => id)).toEqual(["c"]);
  });

  test("what cannot be read does not hold up the list, nor a search by tag", async () => {
    const { store, namespace } = await open();
    const tags = ["red", 'x"red"', ',"red"', "re\\", "\u0000"];
    for (const id of ["bad", "good"]) await store.insert(job({ id, tags: ["red"] }));
    await pools[0].query("UPDATE scheduler_jobs SET spec = '{' WHERE ns = $1 AND id = 'bad'", [namespace]);
    for (const [at, tag] of tags.entries()) await store.insert(job({ id: `t${at}`, tags: ["blue", tag] }));
    const tagged = async (tag: string) => (await store.list({ tag })).jobs.map(({ id }) => id);
    expect(await tagged("red")).toEqual(["good", "t0"]);
    expect(await Promise.all(tags.slice(1).map(tagged))).toEqual([["t1"], ["t2"], ["t3"], ["t4"]]);
    expect(await tagged("RED")).toEqual([]);
    await expect(store.get("bad")).rejects.toThrow(SyntaxError);
  });

  test("an instance that cannot be read is lost when its scheduler dies, and the runs beside it are reclaimed", async () => {
    const { store, namespace } = await open();
    const [bad, good] = [await running(store, { ack: "late" }), await running(store, { ack: "late" })];
    await pools[0].query("UPDATE scheduler_instances SET spec = '{' WHERE ns = $1 AND id = $2", [
      namespace,
      bad.instanceId,
    ]);
    await advance(LEASE_MS + 20);
    const { reclaimed, lost } = await store.reclaim(claiming({ owner: "bob" }));
    expect(reclaimed.map(({ instanceId }) => instanceId)).toEqual([good.instanceId]);
    expect(lost.map(({ jobId }) => jobId)).toEqual([bad.job.id]);
  });

  describe("tables", () => {
    test("are made by several processes at once, and found complete", async () => {
      const stores = Array.from(
        { length: 8 },
        () => new PostgresJobStore({ url: database.url, tablePrefix: "Crowd_" }),
      );
      await expect(stores[0]!.start()).rejects.toThrow(/migrate\(\) makes them/);
      await Promise.all(stores.map((store) => store.migrate()));
      await Promise.all(stores.map((store) => store.start()));
      expect(await stores[0]!.insert(job({ id: "one" }))).toBeUndefined();
      expect((await stores[1]!.get("one"))?.id).toBe("one");
      await Promise.all(stores.map((store) => store.close()));
    });

    test("of a newer library are left alone", async () => {
      const store = new PostgresJobStore({ pool: pools[0], tablePrefix: "newer_" });
      await store.migrate();
      await pools[0].query("INSERT INTO newer_schema VALUES (99)");
      await expect(store.migrate()).rejects.toThrow(/version 99, newer/);
      await expect(store.start()).rejects.toThrow(/version 99/);
    });

    test("are not made on a server that is too old, which is said", async () => {
      const store = new PostgresJobStore({ pool: ofVersion("12.22"), tablePrefix: "old_" });
      await expect(store.migrate()).rejects.toThrow("PostgreSQL 12.22 is too old: 13 or later is needed");
      await expect(store.start()).rejects.toThrow("PostgreSQL 12.22 is too old");
    });
  });

  test("objects in the place of texts are refused", async () => {
    const { store } = await open();
    await store.insert(job({ id: "mine" }));
    await expect(store.get({ id: 1 } as unknown as string)).rejects.toThrow("an object is no SQL value");
    expect((await store.get("mine"))?.id).toBe("mine");
  });

  test("ids and tasks that are too long are refused by name, not cut", async () => {
    const { store } = await open();
    await expect(store.insert(job({ id: "x".repeat(191) }))).rejects.toThrow(/^id: /);
    await expect(store.insert(job({ func: "x".repeat(256) }))).rejects.toThrow(/^func: /);
  });

  test("the clock is the server's, or the test's", async () => {
    const { store, second } = await open();
    const moments = [Date.now() - 1, await store.now(), await second.now(), await store.now(), Date.now() + 1];
    expect(moments).toEqual([...moments].sort((one, other) => one - other));
    const now = Date.UTC(2026, 0, 1);
    const clocked = new PostgresJobStore({ pool: pools[0], namespace: "clock", now: () => now });
    await clocked.insert(job({ id: "then", nextRunMs: now }));
    await clocked.insert(job({ id: "later", nextRunMs: now + 1 }));
    const claims = await clocked.claimDue(claiming());
    expect([claims.nowMs, claims.nextDueMs]).toEqual([now, now + 1]);
    expect(claims.jobs.map(({ id }) => id)).toEqual(["then"]);
  });

  test("claims of others say when they end, and those of one batch are used once", async () => {
    const { store, second } = await open();
    await store.insert(job({ id: "theirs" }));
    const { nowMs } = await store.claimDue(claiming({ leaseMs: 5_000 }));
    await store.insert(job({ id: "ours", maxInstances: 9 }));
    const mine = await second.claimDue(claiming({ owner: "bob", leaseMs: 9_000 }));
    expect(mine.jobs.map(({ id }) => id)).toEqual(["ours"]);
    expect(mine.nextDueMs).toBe(nowMs + 5_000);
    expect((await second.claimDue(claiming({ owner: "bob" }))).nextDueMs).toBe(nowMs + 5_000);
    const results = await second.dispatch([request(mine.jobs[0]!, FAR), request(mine.jobs[0]!, FAR)]);
    expect(results.map(({ kind }) => kind)).toEqual(["started", "stale"]);
  });

  test("long results travel in several statements, and what is too long does not hold up the rest", async () => {
    const { store } = await open();
    const runs = [];
    for (let at = 0; at < 6; at++)
      runs.push(await running(store, { args: ["x".repeat(300_000)] }, { leaseMs: 60_000 }));
    const reports = runs.map((run, at) => reportOf(run, { result: '"\\'.repeat(at === 0 ? 3_000_000 : 200_000) }));
    expect(await store.report(reports)).toEqual(runs.map(() => true));
    const results = await Promise.all(runs.map(({ result }) => store.executions.get(result.runs[0]!.executionId)));
    expect(results[0]?.result).toMatch(/too long to keep/);
    expect(results[1]?.result).toHaveLength(400_000);
  });

  describe("waiting", () => {
    test("for a connection has an end, and a limit to how many do it", async () => {
      const pool = new Pool({ ...pools[0].options, max: 1 });
      const store = new PostgresJobStore({ pool, connectMs: 100 });
      const held = await pool.connect();
      const waiting = await Promise.allSettled(Array.from({ length: 130 }, () => store.now()));
      const reasons = waiting.map((each) => (each as PromiseRejectedResult).reason.message as string);
      expect(reasons.filter((reason) => reason.startsWith("too many calls"))).toHaveLength(30);
      expect(reasons.filter((reason) => reason === "no PostgreSQL connection within 100 ms")).toHaveLength(100);
      held.release();
      await pool.connect().then((client) => client.release()); // those who gave up leave the line
      expect(await store.now()).toBeGreaterThan(0);
      await pool.end();
    });

    test("for a lock that is not given up ends, and nothing was done", async () => {
      const { namespace } = await open();
      const store = new PostgresJobStore({ pool: pools[0], namespace, statementMs: 200 });
      await store.insert(job({ id: "locked" }));
      const claimed = await claimOne(store, "locked");
      const holder = await pools[0].connect();
      await holder.query("BEGIN");
      await holder.query("SELECT id FROM scheduler_jobs WHERE ns = $1 FOR UPDATE", [namespace]);
      await expect(store.dispatch([request(claimed, FAR)])).rejects.toMatchObject({ code: "55P03" });
      await holder.query("ROLLBACK");
      holder.release();
      expect(await store.executions.list({})).toEqual({ executions: [] });
      expect((await store.dispatch([request(claimed, FAR)]))[0]?.kind).toBe("started");
    });
  });

  describe("jobs in a transaction of the caller's", () => {
    const spec = {
      id: "order:7",
      func: "orders.cancel",
      args: ["7"],
      trigger: date({ runAt: 5_000_000 }),
    } as const;

    async function transaction(work: (store: PostgresJobStore, run: RunSql) => Promise<void>) {
      const { store } = await open();
      const client = await pools[0].connect();
      try {
        await client.query("BEGIN");
        await work(store, (sql, params) => client.query(sql, [...params]));
      } finally {
        await client.query("ROLLBACK"); // what was committed before stays
        client.release();
      }
      return store;
    }

    test("exist once it is committed, and never were when it is rolled back", async () => {
      const committed = await transaction(async (store, run) => {
        await store.inTransaction(run).put(spec);
        expect(await store.get(spec.id)).toBeUndefined();
        await run("COMMIT", []);
      });
      expect(await committed.get(spec.id)).toMatchObject({ id: spec.id, args: ["7"], nextRunMs: 5_000_000 });
      const rolledBack = await transaction((store, run) => store.inTransaction(run).put(spec));
      expect(await rolledBack.get(spec.id)).toBeUndefined();
    });

    test("are replaced, and claims of what was there before are void; and removed", async () => {
      const store = await transaction(async (its, run) => {
        expect(await its.insert(job({ id: spec.id, nextRunMs: 1_000 }))).toBeUndefined();
        const claim = await claimOne(its, spec.id);
        await its.inTransaction(run).put(spec);
        await run("COMMIT", []);
        expect(await its.dispatch([request(claim, null)])).toEqual([{ kind: "stale" }]);
      });
      expect(await store.get(spec.id)).toMatchObject({ nextRunMs: 5_000_000 });
      const run: RunSql = (sql, params) => pools[0].query(sql, [...params]);
      await store.inTransaction(run).remove(spec.id);
      await store.inTransaction(run).remove("not there");
      expect(await store.get(spec.id)).toBeUndefined();
    });

    test("count from the store's clock", async () => {
      const later = Date.now() + 7_200_000;
      const store = new PostgresJobStore({ pool: pools[0], namespace: `n${opened++}`, now: () => later });
      const run: RunSql = (sql, params) => pools[0].query(sql, [...params]);
      await store.inTransaction(run).put({ ...spec, trigger: interval({ hours: 1 }) });
      expect((await store.get(spec.id))?.nextRunMs).toBe(later + 3_600_000);
    });
  });
});

const advance = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

async function open(namespace = `n${opened++}`) {
  const [store, second] = pools.map((pool) => new PostgresJobStore({ pool, namespace })) as [
    PostgresJobStore,
    PostgresJobStore,
  ];
  await store.migrate();
  return { store, second, namespace };
}

/** A server that says it is of another version. */
function ofVersion(text: string): PostgresPool {
  const number = String(Number.parseInt(text, 10) * 10_000);
  const answer = { rows: [{ number, text }], rowCount: 1, command: "SELECT" };
  const client = { query: async () => answer, release() {}, on: () => client };
  return { connect: async () => client, on() {} };
}

test("texts of columns hold NUL, differ as before and sort as before", () => {
  const texts = ["", "\u0000", "\u0000\u0000", "\u0000\u0001", "\u0001", "\u0001\u0001", "\u0001\u0002", "\u0002", "a"];
  expect(texts.map((text) => fromColumn(toColumn(text)))).toEqual(texts);
  expect(texts.map(toColumn).sort()).toEqual(texts.map(toColumn));
  expect(texts.map(toColumn).join("")).not.toContain("\u0000");
});
