import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { interval, type JobRecord } from "@headline/scheduler";
import { MySQLJobStore } from "@headline/scheduler/stores";
import { privateMysql } from "@headline/testkit";
import { createConnection, type RowDataPacket } from "mysql2/promise";
import type { Row } from "./row.js";

type Request = Parameters<MySQLJobStore["dispatch"]>[0][number];
type Report = Parameters<MySQLJobStore["report"]>[0][number];

interface Load {
  readonly url: string;
  readonly namespace: string;
  readonly owner: string;
  readonly batch: number;
  readonly seconds: number;
}

/** Report of one process. */
interface Done {
  readonly executions: number;
  readonly errors: readonly string[];
}

const SCHEDULERS = 4;
const JOBS = 4_000;
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
      what: "… run times executed twice, never or out of the books",
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

async function addJobs(store: MySQLJobStore): Promise<void> {
  const jobs = Array.from({ length: JOBS }, (_, at) => job(at));
  for (let from = 0; from < JOBS; from += 4) {
    await Promise.all(jobs.slice(from, from + 4).map((each) => store.insert(each)));
  }
}

function job(at: number): JobRecord {
  return {
    id: `job-${at}`,
    name: `job ${at}`,
    func: "orders.cancelUnpaid",
    args: [at, "an argument"],
    kwargs: undefined,
    trigger: interval({ seconds: 10, anchor: 0 }),
    executor: "default",
    coalesce: "latest",
    maxInstances: 1,
    overlap: "skip",
    misfireGraceTime: 60,
    timeoutMs: null,
    retries: null,
    ack: "late",
    maxDeliveries: 5,
    tags: [],
    incarnation: `i${at}`,
    createdMs: 0,
    nextRunMs: 1_000 + at,
    version: 1,
  };
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

/** One scheduler at work: claims, dispatches, reports, as fast as the store answers. */
async function work({ url, namespace, owner, batch, seconds }: Load): Promise<Done> {
  const store = new MySQLJobStore({ url, namespace });
  const errors: string[] = [];
  const until = performance.now() + seconds * 1_000;
  let executions = 0;
  let count = 0;
  const newId = () => `${owner}-${(count++).toString(36)}`;
  await store.start();
  while (performance.now() < until) {
    try {
      const { jobs, nowMs } = await store.claimDue({
        owner,
        leaseMs: 15_000,
        limit: batch,
        tasks: ["orders.cancelUnpaid"],
      });
      const requests = jobs.map((each) => decisionAbout(each, owner, newId));
      const results = await store.dispatch(requests);
      const reports = requests.flatMap(({ instance }, at) => {
        const result = results[at]!;
        if (result.kind !== "started") return [];
        return result.runs.map(({ executionId }) => executed(instance!.id, result.token, executionId, nowMs));
      });
      executions += (await store.report(reports)).filter(Boolean).length;
    } catch (error) {
      errors.push(String(error));
    }
  }
  await store.close();
  return { executions, errors };
}

function decisionAbout(record: JobRecord, owner: string, newId: () => string): Request {
  const scheduledAt = record.nextRunMs!;
  return {
    jobId: record.id,
    claim: { version: record.version, nextRunMs: scheduledAt + JOBS },
    instance: { id: newId(), owner, leaseMs: 15_000, job: record, runs: [{ executionId: newId(), scheduledAt }] },
  };
}

function executed(instanceId: string, token: number, executionId: string, nowMs: number): Report {
  return {
    instanceId,
    token,
    executionId,
    state: "executed",
    attempt: 1,
    startedAt: nowMs,
    finishedAt: nowMs + 3,
    result: { corrected: 17 },
    error: null,
    stack: null,
    last: true,
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (process.send === undefined) console.table(await benchMysqlStore({ seconds: Number(process.argv[2] ?? SECONDS) }));
  else {
    const done = await work(JSON.parse(process.argv[2]!) as Load);
    process.send(done, () => process.disconnect());
  }
}
