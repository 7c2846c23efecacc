import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { MySQLJobStore } from "@headline/scheduler/stores";
import { privateMysql } from "@headline/testkit";
import { createConnection, type RowDataPacket } from "mysql2/promise";
import type { Row } from "./row.js";
import { addJobs, type Done, executeJobs } from "./store-load.js";

interface Load {
  readonly url: string;
  readonly namespace: string;
  readonly owner: string;
  readonly batch: number;
  readonly seconds: number;
}

const SCHEDULERS = 4;
const SECONDS = 6;
const BATCH = 200;
const GOAL_PER_SECOND = 4_000;

/**
 * Full executions (claimed, dispatched, reported) a second of four schedulers, each a process, through one
 * durable MariaDB, and is each run time executed once? The peer is the same store asked for one job at a time, as
 * schedulers without batches do.
 */
export async function benchMysqlStore({ seconds = SECONDS }: { seconds?: number } = {}): Promise<Row[]> {
  await using server = await privateMysql({ args: ["--innodb-buffer-pool-size=256M", "--innodb-log-file-size=256M"] });
  const peer = await play(server.url, "single", 1, seconds);
  const ours = await play(server.url, "batches", BATCH, seconds);
  return [
    {
      what: `MySQL store, ${SCHEDULERS} schedulers: full executions/s`,
      ours: ours.perSecond.toLocaleString("en"),
      peer: `${peer.perSecond.toLocaleString("en")} (one job at a time)`,
      ratio: (ours.perSecond / peer.perSecond).toFixed(1),
      goal: `≥ ${GOAL_PER_SECOND.toLocaleString("en")}`,
      met: ours.perSecond >= GOAL_PER_SECOND,
    },
    {
      what: "… run times executed twice, never or without a record",
      ours: String(ours.wrong),
      peer: String(peer.wrong),
      goal: "0",
      met: ours.wrong === 0,
    },
    {
      what: "… errors (deadlocks among them) that reached a caller",
      ours: [ours.errors.length, ...new Set(ours.errors)].join(" "),
      peer: String(peer.errors.length),
      goal: "0",
      met: ours.errors.length === 0,
    },
  ];
}

async function play(url: string, namespace: string, batch: number, seconds: number) {
  const store = new MySQLJobStore({ url, namespace });
  await store.migrate();
  await addJobs(store);
  const owners = Array.from({ length: SCHEDULERS }, (_, at) => `scheduler-${at}`);
  const done = await Promise.all(owners.map((owner) => inProcess({ url, namespace, owner, batch, seconds })));
  const executions = done.reduce((sum, each) => sum + each.executions, 0);
  const wrong = await wrongRows(url, namespace, executions);
  await store.close();
  return { perSecond: Math.round(executions / seconds), wrong, errors: done.flatMap(({ errors }) => errors) };
}

/** The rows that should not be: what was counted and what was written must be the same, each run time once, all ended. */
async function wrongRows(url: string, namespace: string, executions: number): Promise<number> {
  const connection = await createConnection(url);
  const [[found]] = await connection.query<RowDataPacket[]>(
    `SELECT COUNT(*) AS written, COUNT(DISTINCT job_id, scheduled_ms) AS run_times, SUM(state = 'executed') AS executed,
       (SELECT COUNT(*) FROM scheduler_instances WHERE ns = ?) AS open FROM scheduler_executions WHERE ns = ?`,
    [namespace, namespace],
  );
  await connection.end();
  const [written, runTimes, executed, open] = ["written", "run_times", "executed", "open"].map((name) =>
    Number(found![name]),
  );
  return Math.abs(executions - written!) + (written! - runTimes!) + (written! - executed!) + open!;
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
  if (process.send === undefined) console.table(await benchMysqlStore({ seconds: Number(process.argv[2] ?? SECONDS) }));
  else {
    const load = JSON.parse(process.argv[2]!) as Load;
    const done = await executeJobs(new MySQLJobStore({ url: load.url, namespace: load.namespace }), load);
    process.send(done, () => process.disconnect());
  }
}
