import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { PostgresJobStore } from "@headline/scheduler/stores/postgres";
import { askPostgres, noPostgres, privatePostgres } from "@headline/testkit";
import type { Row } from "./row.js";
import { addJobs, type Done, executeJobs } from "./store-load.js";

type Worker = "ours" | "pg-boss" | "graphile-worker";

interface Load {
  readonly url: string;
  readonly worker: Worker;
  readonly owner: string;
  readonly seconds: number;
}

const PROCESSES = 4;
const SECONDS = 6;
const BATCH = 200;
/** Jobs of each peer, more than it executes in that time. */
const PEER_JOBS = 60_000;
/** Jobs that a process of graphile-worker has in hand, one each. */
const CONCURRENCY = 10;
const DURABLE = ["fsync=on", "full_page_writes=on", "shared_buffers=256MB", "max_wal_size=2GB"];

/**
 * Full executions (claimed, started, ended, each written down) a second of four processes through one durable
 * PostgreSQL, beside pg-boss, which fetches and completes batches as large, and graphile-worker, which takes jobs one by one. The
 * schedulers also keep a history, count instances and move each job to its next run.
 */
export async function benchPostgresStore({ seconds = SECONDS }: { seconds?: number } = {}): Promise<Row[]> {
  if (noPostgres !== undefined) return [];
  await using server = await privatePostgres({ args: DURABLE.flatMap((setting) => ["-c", setting]) });
  const boss = await play(server.url, "pg-boss", seconds);
  const graphile = await play(server.url, "graphile-worker", seconds);
  const ours = await play(server.url, "ours", seconds);
  const wrong = await wrongRows(server.path, ours.executions);
  const rate = ({ executions }: Done) => Math.round(executions / seconds);
  const beside = (peer: Done, name: string) => ({
    ours: rate(ours).toLocaleString("en"),
    peer: `${rate(peer).toLocaleString("en")} (${name})`,
    ratio: rate(ours) / rate(peer),
  });
  return [
    {
      what: `PostgreSQL store, ${PROCESSES} schedulers: full executions/s`,
      ...beside(boss, `pg-boss, ${BATCH} at once`),
      goal: "≥ 0.5×",
      met: rate(ours) >= rate(boss) / 2,
    },
    {
      what: "… beside jobs taken one by one",
      ...beside(graphile, "graphile-worker"),
      goal: "≥ 1×",
      met: rate(ours) >= rate(graphile),
    },
    {
      what: "… run times executed twice, never or out of the books",
      ours: String(wrong),
      peer: "–",
      goal: "0",
      met: wrong === 0,
    },
    {
      what: "… errors (deadlocks among them) that reached a caller",
      ours: [ours.errors.length, ...new Set(ours.errors)].join(" "),
      peer: String(boss.errors.length + graphile.errors.length),
      goal: "0",
      met: ours.errors.length === 0,
    },
  ];
}

async function play(url: string, worker: Worker, seconds: number): Promise<Done> {
  await PREPARE[worker](url);
  await askPostgres({ socket: socketOf(url) }, "VACUUM ANALYZE"); // as a server that has run for a while
  const owners = Array.from({ length: PROCESSES }, (_, at) => `scheduler-${at}`);
  const done = await Promise.all(owners.map((owner) => inProcess({ url, worker, owner, seconds })));
  return {
    executions: done.reduce((sum, { executions }) => sum + executions, 0),
    errors: done.flatMap(({ errors }) => errors),
  };
}

const PREPARE: Readonly<Record<Worker, (url: string) => Promise<void>>> = {
  async ours(url) {
    const store = new PostgresJobStore({ url });
    await store.migrate();
    await addJobs(store);
    await store.close();
  },

  async "pg-boss"(url) {
    const { default: PgBoss } = await import("pg-boss");
    const boss = await new PgBoss({ connectionString: url, supervise: false, schedule: false }).start();
    await boss.createQueue("load");
    for (let from = 0; from < PEER_JOBS; from += 10_000)
      await boss.insert(Array.from({ length: 10_000 }, (_, at) => ({ name: "load", data: { at: from + at } })));
    await boss.stop({ graceful: false });
  },

  async "graphile-worker"(url) {
    const { runMigrations } = await import("graphile-worker");
    await runMigrations({ connectionString: url });
    await askPostgres(
      { socket: socketOf(url) },
      `SELECT count(*) FROM graphile_worker.add_jobs(ARRAY(
         SELECT ROW('load', json_build_object('at', at), NULL, now(), 25, NULL, 0, NULL)::graphile_worker.job_spec
         FROM generate_series(1, ${PEER_JOBS}) at))`,
    );
  },
};

const WORK: Readonly<Record<Worker, (load: Load) => Promise<Done>>> = {
  ours: ({ url, owner, seconds }) => executeJobs(new PostgresJobStore({ url }), { owner, batch: BATCH, seconds }),

  async "pg-boss"({ url, seconds }) {
    const { default: PgBoss } = await import("pg-boss");
    const options = { connectionString: url, supervise: false, schedule: false, migrate: false, max: 2 };
    const boss = await new PgBoss(options).start();
    const until = performance.now() + seconds * 1_000;
    let executions = 0;
    while (performance.now() < until) {
      const jobs = await boss.fetch("load", { batchSize: BATCH });
      if (jobs.length === 0) throw new Error("pg-boss has executed all of its jobs");
      await boss.complete(
        "load",
        jobs.map(({ id }) => id),
      );
      executions += jobs.length;
    }
    await boss.stop({ graceful: false });
    return { executions, errors: [] };
  },

  async "graphile-worker"({ url, seconds }) {
    const { Logger, run } = await import("graphile-worker");
    let executions = 0;
    const runner = await run({
      connectionString: url,
      concurrency: CONCURRENCY,
      maxPoolSize: CONCURRENCY + 2,
      noHandleSignals: true,
      logger: new Logger(() => () => {}),
      taskList: { load: () => void executions++ },
    });
    await new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
    const counted = executions;
    await runner.stop();
    return { executions: counted, errors: [] };
  },
};

/** The rows that should not be: what was counted and what was written must be the same, each run time once, all ended. */
async function wrongRows(socket: string, executions: number): Promise<number> {
  const [row] = await askPostgres(
    { socket },
    `SELECT count(*)::int AS written, count(DISTINCT (job_id, scheduled_ms))::int AS run_times,
       count(*) FILTER (WHERE state = 'executed')::int AS executed,
       (SELECT count(*) FROM scheduler_instances)::int AS open FROM scheduler_executions`,
  );
  const [written, runTimes, executed, open] = ["written", "run_times", "executed", "open"].map((name) =>
    Number(row![name]),
  ) as [number, number, number, number];
  return Math.abs(executions - written) + (written - runTimes) + (written - executed) + open;
}

function socketOf(url: string): string {
  const { searchParams, port } = new URL(url);
  return `${searchParams.get("host")}/.s.PGSQL.${port}`;
}

async function inProcess(load: Load): Promise<Done> {
  const child = fork(fileURLToPath(import.meta.url), [JSON.stringify(load)], {
    execArgv: ["--conditions=headline-source", "--import", "tsx"],
  });
  const [done] = (await once(child, "message")) as [Done];
  await once(child, "exit");
  return done;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (process.send === undefined)
    console.table(await benchPostgresStore({ seconds: Number(process.argv[2] ?? SECONDS) }));
  else {
    const load = JSON.parse(process.argv[2]!) as Load;
    const done = await WORK[load.worker](load);
    process.send(done, () => process.disconnect());
  }
}
