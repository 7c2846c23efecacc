import {
  askPostgres,
  eventually,
  noPostgres,
  openProxy,
  privatePostgres,
  type ThrowawayPostgres,
  throwawayPostgres,
} from "@headline/testkit";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { Pool } from "pg";
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
import { PostgresJobStore, type PostgresPool } from "../postgres.js";

/** Short, so that a link that went dead is noticed soon. */
const STATEMENT_MS = 250;

const onPostgres = noPostgres === undefined ? describe : describe.skip;

let database: ThrowawayPostgres;
let pool: Pool;
let opened = 0;

type Link = Awaited<ReturnType<typeof openProxy>>;

interface Overheard {
  /** Acts once as the next statement that matches is sent. */
  at(statement: RegExp, act: () => void): void;
  happened(): boolean;
}

/** A pool whose statements are heard as they are sent. */
function overhear(heard: Pool): Overheard & { pool: PostgresPool } {
  let armed: { statement: RegExp; act: () => void } | undefined;
  const known = new WeakSet<object>();
  heard.on("connect", (client) => {
    if (known.has(client)) return;
    known.add(client);
    const query = client.query.bind(client) as (...all: unknown[]) => unknown;
    client.query = ((how: { text: string }, ...more: unknown[]) => {
      const hit = armed?.statement.test(how.text.trim()) ? armed : undefined;
      if (hit !== undefined) armed = undefined;
      hit?.act();
      return query(how, ...more);
    }) as typeof client.query;
  });
  return {
    pool: heard,
    at: (statement, act) => {
      armed = { statement, act };
    },
    happened: () => armed === undefined,
  };
}

interface Far extends Overheard, AsyncDisposable {
  /** Behind the proxy, on one connection. */
  readonly far: PostgresJobStore;
  /** Beside it, undisturbed. */
  readonly near: PostgresJobStore;
  readonly proxy: Link;
  readonly url: string;
}

async function openFar(): Promise<Far> {
  const proxy = await openProxy({ target: { path: database.path } });
  const url = `postgres://postgres@127.0.0.1:${proxy.port}/${database.database}`;
  const farPool = new Pool({ connectionString: url, max: 1, connectionTimeoutMillis: 500 });
  const { at, happened } = overhear(farPool);
  const namespace = `f${opened++}`;
  return {
    ...{ proxy, url, at, happened },
    far: new PostgresJobStore({ pool: farPool, namespace, statementMs: STATEMENT_MS }),
    near: new PostgresJobStore({ pool, namespace }),
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

async function executionsOf(jobId: string): Promise<{ id: string; state: string; token: string }[]> {
  return (await pool.query("SELECT id, state, token FROM scheduler_executions WHERE job_id = $1", [jobId])).rows;
}

/** As the scheduler does: until the store answers. */
function patiently<T>(call: () => Promise<T>): Promise<T> {
  return eventually(call, { withinMs: 30_000, everyMs: 20 });
}

onPostgres("faults of PostgreSQL", () => {
  beforeAll(async () => {
    database = await throwawayPostgres();
    const host = new URL(database.url).searchParams.get("host")!;
    pool = new Pool({ host, user: "postgres", database: database.database });
    await new PostgresJobStore({ pool }).migrate();
  });
  afterAll(async () => {
    await pool?.end();
    await database?.[Symbol.asyncDispose]();
  });

  describe("a reply that is lost after the work was done", () => {
    test("of an insert: the job is there once, and no other is said to have been before", async () => {
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

    test("of a removal: it counts", async () => {
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

    test("of a claim: the same jobs are claimed, and no others", async () => {
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
      expect((await link.near.claimDue(claiming({ owner: "bob" }))).jobs.map(({ id }) => id)).toEqual([
        "j3",
        "j4",
        "j5",
      ]);
      const results = await link.near.dispatch(jobs.map((each) => request(each, FAR)));
      expect(results.map(({ kind }) => kind)).toEqual(["started", "started", "started"]);
    });

    test("of a dispatch: the same results, and no second row", async () => {
      await using link = await openFar();
      const [free, busy, ending] = ["free", "busy", "ending"].map((name) =>
        job({ id: `${name}${link.proxy.port}` }),
      ) as [ReturnType<typeof job>, ReturnType<typeof job>, ReturnType<typeof job>];
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
      const counts = await Promise.all([free, busy, ending].map(async ({ id }) => (await executionsOf(id)).length));
      expect(counts).toEqual([1, 2, 1]);
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

    test("of a reclaim: the same instances are reclaimed and closed", async () => {
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

  test("a claim whose COMMIT never arrived is made anew", async () => {
    await using link = await openFar();
    await link.near.insert(job({ id: "anew" }));
    link.at(/^COMMIT/, () => link.proxy.reset());
    const found = await claimOne(link.far, "anew");
    expect(link.happened()).toBe(true);
    expect((await link.near.dispatch([request(found, FAR)]))[0]?.kind).toBe("started");
  });

  test("a connection that is cut at any statement of a run's life leaves that run executed once", async () => {
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
      const run = { instanceId: what.instance!.id, result: result as Started };
      expect(await link.far.report([reportOf(run)])).toEqual([true]);
      expect(await executionsOf(added.id)).toMatchObject([{ state: "executed", token: "1" }]);
      link.at(/never/, () => {});
      statements = count;
      if (count < at) break;
    }
    expect(statements).toBeGreaterThan(12);
  });

  describe("a link that is half open", () => {
    test.each(["blackhole", "dropReplies"] as const)(
      "(%s) is noticed in time, and forgotten soon after it heals",
      async (fault) => {
        await using link = await openFar();
        const store = new PostgresJobStore({ url: link.url, namespace: "half", connectMs: 2_000, statementMs: 2_000 });
        const added = job({ id: `half-${fault}`, nextRunMs: FAR });
        await store.insert(added);
        await Promise.all(Array.from({ length: 12 }, () => store.get(added.id))); // all of its connections are open
        link.proxy[fault]();
        const refused = await Promise.allSettled([store.get(added.id), store.claimDue(claiming()), store.list({})]);
        expect(refused.map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"]);
        link.proxy.heal();
        expect((await patiently(() => store.get(added.id)))?.id).toBe(added.id);
        await patiently(() => Promise.all(Array.from({ length: 12 }, () => store.get(added.id))));
        await store.close();
      },
    );

    test("does not keep the store from closing", async () => {
      await using link = await openFar();
      const store = new PostgresJobStore({ url: link.url, namespace: "close" });
      store.subscribe(() => {});
      await store.now();
      link.proxy.blackhole();
      await store.close();
      await expect(store.now()).rejects.toThrow("the job store is closed");
    });
  });

  test("a server that is killed in the middle of the work has everything when it is back", async () => {
    await using server = await privatePostgres();
    const store = new PostgresJobStore({ url: server.url });
    await store.migrate();
    const ids = Array.from({ length: 80 }, (_, at) => `k${at}`);
    for (const id of ids) await store.insert(job({ id }));
    const reported: string[] = [];
    const work = async () => {
      while (reported.length < ids.length) {
        const { jobs } = await patiently(() => store.claimDue(claiming({ limit: 5, leaseMs: 60_000 })));
        const requests = jobs.map((each) => request(each, FAR, { leaseMs: 60_000 }));
        const results = await patiently(() => store.dispatch(requests));
        const started = results.flatMap((result, at) =>
          result.kind === "started" ? [{ result, what: requests[at]! }] : [],
        );
        const reports = started.map(({ result, what }) => reportOf({ instanceId: what.instance!.id, result }));
        expect((await patiently(() => store.report(reports))).every(Boolean)).toBe(true);
        reported.push(...started.map(({ what }) => what.jobId));
        if (reported.length === 10) killed.resolve();
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    };
    const killed = { resolve: () => {} };
    const reached = new Promise<void>((resolve) => {
      killed.resolve = resolve;
    });
    const working = work();
    await reached;
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

  test("a server that stops at a COMMIT and goes on when no answer is awaited any more has done it once", async () => {
    await using server = await privatePostgres();
    const host = new URL(server.url).searchParams.get("host")!;
    const stopping = new Pool({ host, user: "postgres", max: 2, connectionTimeoutMillis: 200 });
    const { at, happened } = overhear(stopping);
    const store = new PostgresJobStore({ pool: stopping, statementMs: STATEMENT_MS, connectMs: 300 });
    await patiently(() => store.migrate());
    await store.insert(job({ id: "stopped" }));
    const what = request(await claimOne(store, "stopped"), FAR, { leaseMs: 60_000 });
    at(/^COMMIT/, () => server.pause());
    await expect(store.dispatch([what])).rejects.toThrow();
    expect(happened()).toBe(true);
    server.resume();
    const [result] = await patiently(() => store.dispatch([what]));
    expect(result).toEqual({ kind: "started", token: 1, runs: what.instance!.runs });
    expect((await store.executions.list({})).executions).toHaveLength(1);
    await stopping.end();
  });

  test("a server without a free connection is waited for, and then named", async () => {
    await using server = await privatePostgres({
      args: ["-c", "max_connections=6", "-c", "superuser_reserved_connections=0"],
    });
    const store = new PostgresJobStore({ url: server.url, connectMs: 1_000 });
    await store.migrate();
    await store.now(); // its one connection is open
    const host = new URL(server.url).searchParams.get("host")!;
    const others = new Pool({ host, user: "postgres", max: 5 });
    const held = await Promise.all(Array.from({ length: 5 }, () => others.connect()));
    const full = new PostgresJobStore({ url: server.url, connectMs: 1_000 });
    await expect(full.now()).rejects.toMatchObject({ code: "53300" });
    const waiting = patiently(() => full.now());
    for (const client of held) client.release(true);
    expect(await waiting).toBeGreaterThan(0);
    await others.end();
    await Promise.all([store.close(), full.close()]);
  });

  describe("a failover", () => {
    test("to another server behind the same address: a store that writes and one that looks for work go on there", async () => {
      await using old = await privatePostgres();
      await using next = await privatePostgres();
      for (const { url } of [old, next]) {
        const store = new PostgresJobStore({ url });
        await store.migrate();
        await store.close();
      }
      await using proxy = await openProxy({ target: old.target });
      const url = `postgres://postgres@127.0.0.1:${proxy.port}/postgres`;
      const [writing, looking] = [new PostgresJobStore({ url }), new PostgresJobStore({ url })];
      await writing.insert(job({ nextRunMs: FAR }));
      let wakes = 0;
      looking.subscribe(() => void wakes++);
      expect((await looking.claimDue(claiming())).jobs).toEqual([]);
      await askPostgres(
        { socket: old.path },
        "ALTER SYSTEM SET default_transaction_read_only = on",
        "SELECT pg_reload_conf()",
      );
      await patiently(() => expect(writing.insert(job({ nextRunMs: FAR }))).rejects.toMatchObject({ code: "25006" }));
      proxy.moveTo(next.target);
      await patiently(() => writing.insert(job({ id: "moved" })));
      await patiently(async () =>
        expect((await looking.claimDue(claiming())).jobs.map(({ id }) => id)).toEqual(["moved"]),
      );
      const before = wakes;
      await patiently(async () => {
        await writing.insert(job({ nextRunMs: FAR }));
        expect(wakes).toBeGreaterThan(before);
      });
      await Promise.all([writing.close(), looking.close()]);
    });
  });
});
