import {
  askPostgres,
  eventually,
  noPgBouncer,
  noPostgres,
  openProxy,
  type ThrowawayPostgres,
  throwawayPgBouncer,
  throwawayPostgres,
} from "@headline/testkit";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { Pool } from "pg";
import { Scheduler } from "../../scheduler/scheduler.js";
import { date } from "../../triggers/date.js";
import { FAR, job } from "../conformance/kit.js";
import { PostgresJobStore } from "../postgres.js";

const onPostgres = noPostgres === undefined ? describe : describe.skip;
const behindPgBouncer = noPostgres === undefined && noPgBouncer === undefined ? describe : describe.skip;

let database: ThrowawayPostgres;
let opened = 0;

/** The wake-ups of a store, with its log. */
function listening(url: string, namespace: string) {
  const lines: string[] = [];
  const store = new PostgresJobStore({ url, namespace, logger: { warn: (line) => void lines.push(line) } });
  const heard = { wakes: 0 };
  const stop = store.subscribe(() => void heard.wakes++);
  return {
    ...{ store, heard, lines },
    /** Waits until a wake-up comes after `act`. */
    async wokenBy(act: () => Promise<unknown>) {
      const before = heard.wakes;
      await act();
      await eventually(() => expect(heard.wakes).toBeGreaterThan(before));
    },
    async [Symbol.asyncDispose]() {
      stop();
      await store.close();
    },
  };
}

async function migrated(url: string) {
  const namespace = `w${opened++}`;
  const store = new PostgresJobStore({ url, namespace });
  await store.migrate();
  return { namespace, store, [Symbol.asyncDispose]: () => store.close() };
}

/** Ends the sessions that listen; returns their number. */
async function endListeners(): Promise<number> {
  const [row] = await askPostgres(
    { socket: database.path, database: database.database },
    `SELECT count(pg_terminate_backend(pid))::int AS n FROM pg_stat_activity
     WHERE datname = current_database() AND query IN ('LISTEN scheduler_wake', 'SELECT current_setting(''transaction_read_only'') AS read_only')`,
  );
  return row!["n"] as number;
}

onPostgres("wake-ups by LISTEN and NOTIFY", () => {
  beforeAll(async () => {
    database = await throwawayPostgres();
  });
  afterAll(async () => {
    await database?.[Symbol.asyncDispose]();
  });

  test("come from other stores of the namespace, and from the commit of a caller's transaction", async () => {
    await using near = await migrated(database.url);
    await using far = listening(database.url, near.namespace);
    await eventually(() => expect(far.heard.wakes).toBeGreaterThan(0)); // it listens
    await far.wokenBy(() => near.store.insert(job({ nextRunMs: FAR })));
    const host = new URL(database.url).searchParams.get("host")!;
    const pool = new Pool({ host, user: "postgres", database: database.database });
    const client = await pool.connect();
    await client.query("BEGIN");
    const jobs = near.store.inTransaction((sql, params) => client.query(sql, [...params]));
    await jobs.put({ id: "in it", func: "task", trigger: date({ runAt: FAR }) });
    await far.wokenBy(() => client.query("COMMIT"));
    client.release();
    await pool.end();
    expect(far.lines).toEqual([]);
  });

  test("go on after the listening session was ended, and after a half-open link", async () => {
    await using near = await migrated(database.url);
    await using proxy = await openProxy({ target: { path: database.path } });
    const url = `postgres://postgres@127.0.0.1:${proxy.port}/${database.database}`;
    await using far = listening(url, near.namespace);
    await eventually(() => expect(far.heard.wakes).toBeGreaterThan(0));
    await far.wokenBy(async () => expect(await endListeners()).toBeGreaterThan(0)); // by listening again
    await far.wokenBy(() => near.store.insert(job({ nextRunMs: FAR })));
    proxy.blackhole();
    await near.store.insert(job({ nextRunMs: FAR }));
    await far.wokenBy(async () => proxy.heal());
    await far.wokenBy(() => near.store.insert(job({ nextRunMs: FAR })));
    expect(far.lines).toEqual([]);
  });
});

behindPgBouncer("behind a PgBouncer", () => {
  beforeAll(async () => {
    database = await throwawayPostgres();
  });
  afterAll(async () => {
    await database?.[Symbol.asyncDispose]();
  });

  test("that pools transactions, two schedulers share their jobs, and it is logged once that they poll", async () => {
    await using bouncer = await throwawayPgBouncer(database, { pooling: "transaction" });
    const logs: string[][] = [[], []];
    const ran: string[] = [];
    const schedulers = logs.map((lines) => {
      const warn = (line: string) => void lines.push(line);
      const logger = { debug() {}, info() {}, warn, error: warn };
      const store = new PostgresJobStore({ url: bouncer.url, logger });
      const scheduler = new Scheduler({ timezone: "UTC", logger, stores: { default: store } });
      scheduler.registerTask("note", ({ jobId }) => void ran.push(jobId));
      return scheduler;
    });
    for (const scheduler of schedulers) await scheduler.start();
    await eventually(() => expect(logs.map((lines) => lines.length)).toEqual([1, 1]));
    const ids = Array.from({ length: 40 }, (_, at) => `j${at}`);
    for (const [at, id] of ids.entries())
      await schedulers[at % 2]!.addJob({ id, func: "note", misfireGraceTime: null });
    await eventually(() => expect([...ran].sort()).toEqual([...ids].sort()));
    await Promise.all(schedulers.map((scheduler) => scheduler.shutdown()));
    const said = expect.stringMatching(/^PostgreSQL's notifications do not arrive .*polling instead of LISTEN$/);
    expect(logs).toEqual([[said], [said]]);
  });

  test("that pools sessions, notifications arrive", async () => {
    await using bouncer = await throwawayPgBouncer(database, { pooling: "session" });
    await using near = await migrated(bouncer.url);
    await using far = listening(bouncer.url, near.namespace);
    await eventually(() => expect(far.heard.wakes).toBeGreaterThan(0));
    await far.wokenBy(() => near.store.insert(job({ nextRunMs: FAR })));
    expect(far.lines).toEqual([]);
  });
});
