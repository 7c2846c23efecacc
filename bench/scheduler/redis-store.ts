import { fork } from "node:child_process";
import { once } from "node:events";
import { argv, cpuUsage, execArgv } from "node:process";
import { fileURLToPath } from "node:url";
import { RedisJobStore } from "@headline/scheduler/stores";
import { throwawayRedis } from "@headline/testkit";
import { Queue, Worker } from "bullmq";
import { Redis } from "ioredis";
import type { JobRecord } from "../../packages/scheduler/src/core/job-record.js";
import type { DispatchRequest, DispatchResult, Report } from "../../packages/scheduler/src/core/job-store.js";
import { interval } from "../../packages/scheduler/src/triggers/interval.js";
import type { Row } from "./row.js";

type Kind = "ours" | "bullmq";

interface Load {
  readonly kind: Kind;
  readonly url: string;
  readonly owner: string;
  readonly seconds: number;
}

/** Report of one scheduler. */
interface Done {
  readonly executions: number;
  readonly errors: readonly string[];
  /** Of its process, ms. */
  readonly cpuMs: number;
}

interface Played {
  readonly perSecond: number;
  readonly wrong: number;
  readonly errors: readonly string[];
  readonly redisUs: number;
  readonly clientUs: number;
}

const SCHEDULERS = 4;
const JOBS = 4_000;
const BULL_JOBS_PER_SECOND = 40_000;
const BATCH = 200;
const SECONDS = 4;
const ROUNDS = 2;
const GOAL_PER_SECOND = 15_000;
const TASK = "orders.cancelUnpaid";

/**
 * Full executions (claimed, dispatched, reported) a second of four schedulers through one Redis, as
 * processes and in one process, and is each run time executed once? The peer is BullMQ with four workers that do
 * nothing either; it has its jobs added beforehand. Rounds alternate, the middle of each counts.
 */
export async function benchRedisStore({ seconds = SECONDS, rounds = ROUNDS } = {}): Promise<Row[]> {
  const apart: Played[] = [];
  const together: Played[] = [];
  const peers: Played[] = [];
  for (let round = 0; round < rounds; round++) {
    peers.push(await play("bullmq", seconds, inProcess));
    apart.push(await play("ours", seconds, inProcess));
    together.push(await play("ours", seconds, work));
  }
  const [peer, ours, inOne] = [peers, apart, together].map(middle) as [Played, Played, Played];
  const all = [...apart, ...together];
  const wrong = all.reduce((sum, each) => sum + each.wrong, 0);
  const errors = all.flatMap((each) => each.errors);
  return [
    speed(`Redis store, ${SCHEDULERS} schedulers in processes of their own: full executions/s`, ours, peer),
    speed(`… in one process`, inOne, peer),
    {
      what: "… CPU of Redis for one execution",
      ours: `${ours.redisUs.toFixed(1)} µs (and ${ours.clientUs.toFixed(1)} µs of a scheduler's)`,
      peer: `${peer.redisUs.toFixed(1)} µs (${peer.clientUs.toFixed(1)} µs of a worker's)`,
      ratio: (peer.redisUs / ours.redisUs).toFixed(1),
      goal: "less than the peer",
      met: ours.redisUs < peer.redisUs,
    },
    {
      what: "… run times executed twice, never or without a record",
      ours: String(wrong),
      peer: "–",
      goal: "0",
      met: wrong === 0,
    },
    {
      what: "… errors that reached a caller",
      ours: [errors.length, ...new Set(errors)].join(" "),
      peer: String(peers.flatMap((each) => each.errors).length),
      goal: "0",
      met: errors.length === 0,
    },
  ];
}

function speed(what: string, ours: Played, peer: Played): Row {
  return {
    what,
    ours: ours.perSecond.toLocaleString("en"),
    peer: `${peer.perSecond.toLocaleString("en")} (BullMQ)`,
    ratio: (ours.perSecond / peer.perSecond).toFixed(1),
    goal: `≥ ${GOAL_PER_SECOND.toLocaleString("en")}`,
    met: ours.perSecond >= GOAL_PER_SECOND,
  };
}

function middle(played: readonly Played[]): Played {
  return [...played].sort((a, b) => a.perSecond - b.perSecond)[Math.floor((played.length - 1) / 2)]!;
}

async function play(kind: Kind, seconds: number, run: (load: Load) => Promise<Done>): Promise<Played> {
  await using server = await throwawayRedis();
  const redis = new Redis(server.url);
  await (kind === "ours" ? addJobs(redis) : addBullJobs(server.url, BULL_JOBS_PER_SECOND * seconds));
  const before = await redisCpuMs(redis);
  const owners = Array.from({ length: SCHEDULERS }, (_, at) => `scheduler-${at}`);
  const done = await Promise.all(owners.map((owner) => run({ kind, url: server.url, owner, seconds })));
  const executions = done.reduce((sum, each) => sum + each.executions, 0);
  const redisMs = (await redisCpuMs(redis)) - before;
  const wrong = kind === "ours" ? await wrongRows(redis, executions) : 0;
  redis.disconnect();
  // In one process all four report the CPU of the same process.
  const cpuMs =
    run === work ? Math.max(...done.map((each) => each.cpuMs)) : done.reduce((sum, each) => sum + each.cpuMs, 0);
  return {
    perSecond: Math.round(executions / seconds),
    wrong,
    errors: done.flatMap((each) => each.errors),
    redisUs: (redisMs / executions) * 1_000,
    clientUs: (cpuMs / executions) * 1_000,
  };
}

async function redisCpuMs(redis: Redis): Promise<number> {
  const info = await redis.info("cpu");
  const seconds = (name: string) => Number(new RegExp(`^${name}:([\\d.]+)`, "m").exec(info)?.[1] ?? 0);
  return (seconds("used_cpu_user") + seconds("used_cpu_sys")) * 1_000;
}

async function addJobs(redis: Redis): Promise<void> {
  const store = new RedisJobStore({ redis });
  await Promise.all(Array.from({ length: JOBS }, (_, at) => store.insert(job(at))));
}

function job(at: number): JobRecord {
  return {
    id: `job-${at}`,
    name: `job ${at}`,
    func: TASK,
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

/** Errors of the run: counted and stored executions must agree, each run time once, all ended. */
async function wrongRows(redis: Redis, executions: number): Promise<number> {
  const prefix = "{scheduler:default}:";
  const [written, listed, runTimes, open, leases] = (await Promise.all([
    redis.hlen(`${prefix}runs`),
    redis.zcard(`${prefix}history`),
    redis.hlen(`${prefix}once`),
    redis.hlen(`${prefix}instances`),
    redis.zcard(`${prefix}leases`),
  ])) as [number, number, number, number, number];
  let unfinished = 0;
  for (let cursor = "0"; ; ) {
    const [next, entries] = await redis.hscan(`${prefix}runs`, cursor, "COUNT", 2_000);
    for (let at = 1; at < entries.length; at += 2) if (!entries[at]!.startsWith("x")) unfinished++;
    cursor = next;
    if (cursor === "0") break;
  }
  return (
    Math.abs(executions - written) +
    Math.abs(written - listed) +
    Math.abs(written - runTimes) +
    unfinished +
    open +
    leases
  );
}

async function inProcess(load: Load): Promise<Done> {
  const child = fork(fileURLToPath(import.meta.url), [JSON.stringify(load)], {
    execArgv: execArgv.length > 0 ? [...execArgv] : ["--conditions=headline-source", "--import", "tsx"],
  });
  const [done] = (await once(child, "message")) as [Done];
  await once(child, "exit");
  return done;
}

function work(load: Load): Promise<Done> {
  return load.kind === "ours" ? schedule(load) : workBull(load);
}

/** One scheduler at work: claims and dispatches one after the other, reports the batch before meanwhile, as a scheduler does. */
async function schedule({ url, owner, seconds }: Load): Promise<Done> {
  const store = new RedisJobStore({ url });
  await store.start();
  const errors: string[] = [];
  const cpu = cpuUsage();
  const until = performance.now() + seconds * 1_000;
  let executions = 0;
  let count = 0;
  const newId = () => `${owner}-${(count++).toString(36)}`;
  const write = async (reports: readonly Report[]) => {
    for (const accepted of await store.report(reports)) executions += accepted ? 1 : 0;
  };
  let reporting: Promise<void> = Promise.resolve();
  while (performance.now() < until) {
    try {
      const { jobs, nowMs } = await store.claimDue({ owner, leaseMs: 15_000, limit: BATCH, tasks: [TASK] });
      const requests = jobs.map((each) => decide(each, owner, newId));
      const results = await store.dispatch(requests);
      await reporting;
      reporting = write(results.flatMap((result, at) => endsOf(requests[at]!, result, nowMs)));
    } catch (error) {
      errors.push((error as Error).message);
    }
  }
  await reporting;
  const used = cpuUsage(cpu);
  await store.close();
  return { executions, errors, cpuMs: (used.user + used.system) / 1_000 };
}

/** Its next run is in the past as well, so that there is always something to do. */
function decide(record: JobRecord, owner: string, newId: () => string): DispatchRequest {
  const instance = {
    id: newId(),
    owner,
    leaseMs: 15_000,
    job: record,
    runs: [{ executionId: newId(), scheduledAt: record.nextRunMs! }],
  };
  return { jobId: record.id, claim: { version: record.version, nextRunMs: record.nextRunMs! + JOBS }, instance };
}

function endsOf({ instance }: DispatchRequest, result: DispatchResult, nowMs: number): Report[] {
  if (result.kind !== "started") return [];
  return result.runs.map((run) => ({
    instanceId: instance!.id,
    token: result.token,
    executionId: run.executionId,
    state: "executed",
    attempt: 1,
    startedAt: nowMs,
    finishedAt: nowMs + 5,
    result: null,
    error: null,
    stack: null,
    last: true,
  }));
}

async function addBullJobs(url: string, count: number): Promise<void> {
  const connection = new Redis(url, { maxRetriesPerRequest: null });
  const queue = new Queue("bench", { connection });
  const jobs = Array.from({ length: count }, (_, at) => ({ name: TASK, data: { args: [at, "an argument"] } }));
  for (let from = 0; from < jobs.length; from += 2_000) await queue.addBulk(jobs.slice(from, from + 2_000));
  await queue.close();
  connection.disconnect();
}

async function workBull({ url, seconds }: Load): Promise<Done> {
  const connection = new Redis(url, { maxRetriesPerRequest: null });
  const errors: string[] = [];
  const worker = new Worker("bench", async () => null, { connection, concurrency: 100, autorun: false });
  let executions = 0;
  worker.on("completed", () => {
    executions++;
  });
  worker.on("error", (error) => errors.push(error.message));
  await worker.waitUntilReady();
  const cpu = cpuUsage();
  const running = worker.run();
  await new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
  const counted = executions;
  const used = cpuUsage(cpu);
  await worker.close(true);
  await running;
  connection.disconnect();
  return { executions: counted, errors, cpuMs: (used.user + used.system) / 1_000 };
}

if (process.send !== undefined && argv[1] === fileURLToPath(import.meta.url)) {
  const done = await work(JSON.parse(argv[2]!) as Load);
  process.send(done, () => process.disconnect());
} else if (argv[1] === fileURLToPath(import.meta.url)) {
  console.table(await benchRedisStore());
}
