import { eventually, openProxy, privateMysql, type ThrowawayMysql, throwawayMysql } from "@headline/testkit";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { createPool, type Pool, type RowDataPacket } from "mysql2/promise";
import {
  byHand,
  claiming,
  claimOne,
  FAR,
  job,
  LEASE_MS,
  reportOf,
  request,
  running,
  type Started,
} from "../conformance/kit.js";
import { MySQLJobStore } from "../mysql.js";

/** Short, so that a link that went dead is noticed soon. */
const STATEMENT_MS = 250;

let database: ThrowawayMysql;
let pool: Pool;
let opened = 0;

beforeAll(async () => {
  database = await throwawayMysql();
  pool = createPool({ uri: database.url });
  await new MySQLJobStore({ pool }).migrate();
});

afterAll(async () => {
  await pool?.end();
  await database?.[Symbol.asyncDispose]();
});

type Link = Awaited<ReturnType<typeof openProxy>>;

interface Overheard {
  /** Acts once as the next statement that matches is sent. */
  at(statement: RegExp, act: () => void): void;
  /** Answers whether that happened. */
  happened(): boolean;
}

/** Hears what is sent on a pool's connections. */
function overhear(heard: Pool): Overheard {
  let armed: { statement: RegExp; act: () => void } | undefined;
  heard.on("connection", (connection) => {
    // The plain connection below the promises: what is queried here has been asked for by the store.
    const raw = connection as unknown as { query(how: { sql: string }, ...more: unknown[]): unknown };
    const query = raw.query.bind(raw);
    raw.query = (how, ...more) => {
      const hit = armed?.statement.test(typeof how === "string" ? how : how.sql) ? armed : undefined;
      if (hit !== undefined) armed = undefined;
      hit?.act();
      return query(how, ...more);
    };
  });
  return {
    at: (statement, act) => {
      armed = { statement, act };
    },
    happened: () => armed === undefined,
  };
}

interface Far extends Overheard, AsyncDisposable {
  /** Behind the proxy, on one connection. */
  readonly far: MySQLJobStore;
  /** Beside it, undisturbed. */
  readonly near: MySQLJobStore;
  readonly proxy: Link;
}

async function openFar(options: { connectionLimit?: number } = {}): Promise<Far> {
  const url = new URL(database.url);
  const proxy = await openProxy({ target: { path: url.searchParams.get("socketPath")! } });
  const farPool = createPool({
    host: "127.0.0.1",
    port: proxy.port,
    user: "root",
    database: database.database,
    connectTimeout: 500,
    connectionLimit: 1,
    ...options,
  });
  const { at, happened } = overhear(farPool);
  const namespace = `f${opened++}`;
  return {
    proxy,
    far: new MySQLJobStore({ pool: farPool, namespace, statementMs: STATEMENT_MS }),
    near: new MySQLJobStore({ pool, namespace }),
    at,
    happened,
    async [Symbol.asyncDispose]() {
      farPool.end().catch(() => {});
      await proxy[Symbol.asyncDispose]();
    },
  };
}

/** The request arrives, the reply is lost, and the next connection works. */
function loseReply({ proxy }: Far): () => void {
  return () => {
    proxy.dropReplies();
    proxy.forward();
  };
}

async function executionsOf(jobId: string): Promise<RowDataPacket[]> {
  const [rows] = await pool.query<RowDataPacket[]>(
    "SELECT id, state, token FROM scheduler_executions WHERE job_id = ?",
    [jobId],
  );
  return rows;
}

describe("a reply that is lost after the work was done", () => {
  test("of an insert: the job is there once, and nobody is said to have been before", async () => {
    await using link = await openFar();
    const added = job({ nextRunMs: FAR });
    link.at(/^INSERT INTO scheduler_jobs/, loseReply(link));
    expect(await link.far.insert(added)).toBeUndefined();
    expect(link.happened()).toBe(true);
    expect((await link.near.get(added.id))?.version).toBe(1);
    expect((await link.far.insert(job({ id: added.id })))?.incarnation).toBe(added.incarnation);
  });

  test("of a change: it was made once", async () => {
    await using link = await openFar();
    const added = job({ nextRunMs: FAR });
    await link.near.insert(added);
    link.at(/^UPDATE scheduler_jobs/, loseReply(link));
    expect((await link.far.update({ ...added, name: "new" }))?.version).toBe(2);
    expect(link.happened()).toBe(true);
    expect(await link.near.get(added.id)).toMatchObject({ name: "new", version: 2 });
    expect(await link.far.update({ ...added, name: "stale" })).toBeUndefined();
  });

  test("of a removal: it is told", async () => {
    await using link = await openFar();
    for (const id of ["gone", "b", "c"]) await link.near.insert(job({ id }));
    link.at(/^DELETE FROM scheduler_jobs/, loseReply(link));
    expect(await link.far.remove("gone")).toBe(true);
    expect(await link.near.get("gone")).toBeUndefined();
    expect(await link.far.remove("gone")).toBe(false);
    link.at(/^COMMIT/, loseReply(link));
    expect(await link.far.removeAll()).toBe(2);
    expect(link.happened()).toBe(true);
  });

  test("of a claim: the same jobs are lent, and no others", async () => {
    await using link = await openFar();
    for (let at = 0; at < 6; at++) await link.near.insert(job({ id: `j${at}`, nextRunMs: at }));
    link.at(/^COMMIT/, loseReply(link));
    const { jobs } = await link.far.claimDue(claiming({ limit: 3, leaseMs: 60_000 }));
    expect(link.happened()).toBe(true);
    expect(jobs.map(({ id, version }) => [id, version])).toEqual([
      ["j0", 2],
      ["j1", 2],
      ["j2", 2],
    ]);
    expect((await link.near.claimDue(claiming({ owner: "bob" }))).jobs.map(({ id }) => id)).toEqual(["j3", "j4", "j5"]);
    const results = await link.near.dispatch(jobs.map((each) => request(each, FAR)));
    expect(results.map(({ kind }) => kind)).toEqual(["started", "started", "started"]);
  });

  test("of a dispatch: the same results, and no second row", async () => {
    await using link = await openFar();
    const [free, busy, ending] = [
      job({ id: `free${link.proxy.port}` }),
      job({ id: `busy${link.proxy.port}` }),
      job({ id: `ending${link.proxy.port}` }),
    ];
    for (const each of [free, busy, ending]) await link.near.insert(each);
    await link.near.dispatch([byHand(busy, { leaseMs: 60_000 })]);
    const { jobs } = await link.near.claimDue(claiming({ leaseMs: 60_000 }));
    const requests = jobs.map((each) => request(each, each.id === ending.id ? null : FAR, { leaseMs: 60_000 }));
    link.at(/^COMMIT/, loseReply(link));
    const results = await link.far.dispatch(requests);
    expect(link.happened()).toBe(true);
    const kinds = Object.fromEntries(jobs.map(({ id }, at) => [id.replace(/\d+$/, ""), results[at]!.kind]));
    expect(kinds).toEqual({ free: "started", busy: "max_instances", ending: "started" });
    expect((results[jobs.findIndex(({ id }) => id === ending.id)] as Started).runs).toHaveLength(1);
    expect([
      (await executionsOf(free.id)).length,
      (await executionsOf(busy.id)).length,
      (await executionsOf(ending.id)).length,
    ]).toEqual([1, 2, 1]);
    expect(await link.near.get(ending.id)).toBeUndefined();
  });

  test("of a report: it counts as written", async () => {
    await using link = await openFar();
    const run = await running(link.near, {}, { leaseMs: 60_000 });
    link.at(/^COMMIT/, loseReply(link));
    expect(await link.far.report([reportOf(run)])).toEqual([true]);
    expect(link.happened()).toBe(true);
    expect(await executionsOf(run.job.id)).toMatchObject([{ state: "executed" }]);
  });

  test("of a reaper: what it took over and what it closed is told", async () => {
    await using link = await openFar();
    const late = await running(link.near, { ack: "late" });
    const early = await running(link.near, { ack: "early" });
    await new Promise((resolve) => setTimeout(resolve, LEASE_MS + 20));
    link.at(/^COMMIT/, loseReply(link));
    const { reclaimed, lost } = await link.far.reclaim(claiming({ owner: "bob", leaseMs: 60_000 }));
    expect(link.happened()).toBe(true);
    expect(reclaimed.map(({ instanceId, token, attempt }) => [instanceId, token, attempt])).toEqual([
      [late.instanceId, 2, 2],
    ]);
    expect(lost.map(({ jobId }) => jobId)).toEqual([early.job.id]);
    const again = { instanceId: late.instanceId, result: { ...late.result, token: 2 } };
    expect(await link.near.report([reportOf(again, { attempt: 2 })])).toEqual([true]);
  });
});

describe("a connection that is cut", () => {
  test("at any statement of a run's life leaves that run executed once", async () => {
    await using link = await openFar();
    let statements = 0;
    for (let at = 1; at < 100; at++) {
      const added = job({ id: `cut-${link.proxy.port}-${at}` });
      await link.near.insert(added);
      let count = 0;
      const cutAtStatement = () => {
        if (++count === at) link.proxy.reset();
        else link.at(/./, cutAtStatement);
      };
      link.at(/./, cutAtStatement);
      const { jobs } = await link.far.claimDue(claiming({ leaseMs: 60_000 }));
      expect(jobs.map(({ id }) => id)).toEqual([added.id]);
      const what = request(jobs[0]!, null, { leaseMs: 60_000 });
      const [result] = await link.far.dispatch([what]);
      expect(result).toMatchObject({ kind: "started", token: 1, runs: what.instance!.runs });
      expect(await link.far.report([reportOf({ instanceId: what.instance!.id, result: result as Started })])).toEqual([
        true,
      ]);
      expect(await executionsOf(added.id)).toMatchObject([{ state: "executed", token: 1 }]);
      link.at(/never/, () => {});
      statements = count;
      if (count < at) break;
    }
    expect(statements).toBeGreaterThan(12);
  });

  test("again and again under load loses and doubles nothing", async () => {
    await using link = await openFar({ connectionLimit: 3 });
    const ids = Array.from({ length: 300 }, (_, at) => `load-${link.proxy.port}-${at}`);
    for (const id of ids) await link.near.insert(job({ id }));
    const until = performance.now() + 120_000;
    const reported: string[] = [];
    let answers = 0;
    let answersAtCut = 0;
    const answered = async <T>(call: () => Promise<T>): Promise<T> => {
      const answer = await repeated(call);
      answers += 1;
      return answer;
    };
    // Only after an answer: a busy machine gets on between two cuts.
    const cutting = setInterval(() => {
      if (answers === answersAtCut) return;
      answersAtCut = answers;
      cutAll(link.proxy);
    }, 35);
    using _cutting = { [Symbol.dispose]: () => clearInterval(cutting) };
    const work = async (owner: string) => {
      while (reported.length < ids.length && performance.now() < until) {
        const { jobs } = await answered(() => link.far.claimDue(claiming({ owner, limit: 10 })));
        const requests = jobs.map((each) => request(each, FAR, { owner, leaseMs: 60_000 }));
        const results = await answered(() => link.far.dispatch(requests));
        const started = requests.flatMap(({ instance, jobId }, at) => {
          const result = results[at]!;
          return result.kind === "started" ? [{ jobId, report: reportOf({ instanceId: instance!.id, result }) }] : [];
        });
        const stored = await answered(() => link.far.report(started.map(({ report }) => report)));
        expect(stored.every(Boolean)).toBe(true);
        reported.push(...started.map(({ jobId }) => jobId));
      }
    };
    await Promise.all(["alice", "bob", "carol"].map(work));
    clearInterval(cutting);
    expect([...reported].sort()).toEqual([...ids].sort());
    const [rows] = await pool.query<RowDataPacket[]>(
      "SELECT COUNT(*) AS n, COUNT(DISTINCT job_id) AS jobs FROM scheduler_executions WHERE job_id LIKE ? AND state = 'executed'",
      [`load-${link.proxy.port}-%`],
    );
    expect(rows).toEqual([{ n: 300, jobs: 300 }]);
  });
});

/** The proxy cannot reset a unix socket that is still connecting; then the next cut does. */
function cutAll(proxy: Link): void {
  try {
    proxy.reset();
  } catch (error) {
    expect(error).toMatchObject({ code: "ERR_INVALID_HANDLE_TYPE" });
  }
}

/** As the scheduler does: until the store answers. */
async function repeated<T>(call: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await call();
    } catch (error) {
      if (attempt > 50) throw error;
    }
  }
}

describe("a link that is half open", () => {
  test.each(["blackhole", "dropReplies"] as const)(
    "(%s) is noticed in time, and forgotten soon after it heals",
    async (fault) => {
      await using link = await openFar();
      const url = `mysql://root@127.0.0.1:${link.proxy.port}/${database.database}`;
      const store = new MySQLJobStore({ url, namespace: "half", connectMs: 2_000, statementMs: 2_000 });
      const added = job({ id: `half-${fault}`, nextRunMs: FAR });
      await store.insert(added);
      await Promise.all(Array.from({ length: 12 }, () => store.get(added.id))); // all of its connections are open

      link.proxy[fault]();
      const refused = await Promise.allSettled([store.get(added.id), store.claimDue(claiming()), store.list({})]);
      expect(refused.map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"]);

      link.proxy.heal();
      expect((await repeated(() => store.get(added.id)))?.id).toBe(added.id);
      await patiently(() => Promise.all(Array.from({ length: 12 }, () => store.get(added.id))));
      await store.close();
    },
  );

  test("and heals before anybody noticed costs one short question", async () => {
    await using link = await openFar();
    const store = new MySQLJobStore({
      url: `mysql://root@127.0.0.1:${link.proxy.port}/${database.database}`,
      namespace: "short",
    });
    await Promise.all(Array.from({ length: 12 }, () => store.now()));
    link.proxy.blackhole();
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    link.proxy.heal();
    await Promise.all(Array.from({ length: 12 }, () => store.now()));
    await store.close();
  });

  test("does not keep the store from closing", async () => {
    await using link = await openFar();
    const store = new MySQLJobStore({
      url: `mysql://root@127.0.0.1:${link.proxy.port}/${database.database}`,
      namespace: "close",
    });
    await store.now();
    link.proxy.blackhole();
    await store.close();
  });
});

test("a server that is killed in the middle of the work has everything when it is back", async () => {
  await using server = await privateMysql();
  const store = new MySQLJobStore({ url: server.url });
  await store.migrate();
  const ids = Array.from({ length: 120 }, (_, at) => `k${at}`);
  for (const id of ids) await store.insert(job({ id }));
  const reported: string[] = [];
  const work = async () => {
    while (reported.length < ids.length) {
      const { jobs } = await patiently(() => store.claimDue(claiming({ limit: 5 })));
      const requests = jobs.map((each) => request(each, FAR, { leaseMs: 60_000 }));
      const results = await patiently(() => store.dispatch(requests));
      const started = results.flatMap((result, at) =>
        result.kind === "started" ? [{ result, what: requests[at]! }] : [],
      );
      const reports = started.map(({ result, what }) => reportOf({ instanceId: what.instance!.id, result }));
      expect((await patiently(() => store.report(reports))).every(Boolean)).toBe(true);
      reported.push(...started.map(({ what }) => what.jobId));
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  const working = work();
  await new Promise((resolve) => setTimeout(resolve, 60));
  await server.kill();
  await server.restart();
  await working;
  expect([...reported].sort()).toEqual([...ids].sort());
  const { executions } = await store.executions.list({ limit: 1_000 });
  expect(executions.map(({ jobId, state }) => `${jobId} ${state}`).sort()).toEqual(
    ids.map((id) => `${id} executed`).sort(),
  );
  await store.close();
});

test("a server that stops at a COMMIT and goes on when nobody waits any more has done it once", async () => {
  await using server = await privateMysql();
  const stopping = createPool({ uri: server.url, connectTimeout: 200, connectionLimit: 2 });
  const { at, happened } = overhear(stopping);
  const store = new MySQLJobStore({ pool: stopping, statementMs: STATEMENT_MS, connectMs: 300 });
  await store.migrate();
  await store.insert(job({ id: "stopped" }));
  const what = request(await claimOne(store, "stopped"), FAR, { leaseMs: 60_000 });
  at(/^COMMIT/, () => server.pause());
  await expect(store.dispatch([what])).rejects.toThrow();
  expect(happened()).toBe(true);
  server.resume();
  const [result] = await patiently(() => store.dispatch([what]));
  expect(result).toEqual({ kind: "started", token: 1, runs: what.instance!.runs });
  expect((await store.executions.list({})).executions).toHaveLength(1);
  expect(await store.report([reportOf({ instanceId: what.instance!.id, result: result as Started })])).toEqual([true]);
  await stopping.end();
});

/** While the server is away it says so at once. */
function patiently<T>(call: () => Promise<T>): Promise<T> {
  return eventually(call, { withinMs: 30_000, everyMs: 20 });
}

test("a claim whose COMMIT never arrived is made anew", async () => {
  await using link = await openFar();
  await link.near.insert(job({ id: "anew" }));
  link.at(/^COMMIT/, () => {
    link.proxy.reset();
  });
  const found = await claimOne(link.far, "anew");
  expect(link.happened()).toBe(true);
  expect((await link.near.dispatch([request(found, FAR)]))[0]?.kind).toBe("started");
});
