import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { date, type JobSpec, Scheduler } from "@headline/scheduler";
import { RedisJobStore } from "@headline/scheduler/stores";
import { throwawayRedis } from "@headline/testkit";
import { Queue } from "bullmq";
import type { Row } from "./row.js";

type Kind = "ours" | "bullmq";

interface Played {
  readonly runs: number;
  readonly p50: number;
  readonly p99: number;
}

const PROCESS = fileURLToPath(new URL("./lateness-process.ts", import.meta.url));
const PROCESSES = 4;
const SECONDS = 4;
const PER_SECOND = 15_000;
/** Measured throughput of the peer with delayed jobs; beyond it the peer falls behind. */
const PEER_PER_SECOND = 3_000;
const LEAD_MS: Readonly<Record<Kind, number>> = { ours: 8_000, bullmq: 5_000 };
const TAIL_SECONDS = 4;
const GOAL_MS = 50;
const ADDED_AT_ONCE = 1_000;

/**
 * Lateness of runs when 15,000 one-off jobs fall due each second, for four schedulers on one Redis. Every job is due
 * at a moment of its own. The peer is BullMQ with delayed jobs, four workers, and a fifth of the load.
 */
export async function benchRedisLateness(): Promise<Row[]> {
  const peer = await play("bullmq", PEER_PER_SECOND);
  const ours = await play("ours", PER_SECOND);
  return [
    {
      what: `${PER_SECOND.toLocaleString("en")} one-off jobs due a second: lateness p99`,
      ours: `${ours.p99} ms (p50 ${ours.p50} ms)`,
      peer: `BullMQ ${peer.p99} ms (p50 ${peer.p50} ms), at ${PEER_PER_SECOND.toLocaleString("en")} a second`,
      ratio: (peer.p99 / Math.max(1, ours.p99)).toFixed(1),
      goal: `≤ ${GOAL_MS} ms`,
      met: ours.p99 <= GOAL_MS,
    },
    {
      what: "… of them run",
      ours: ours.runs.toLocaleString("en"),
      peer: peer.runs.toLocaleString("en"),
      goal: (PER_SECOND * SECONDS).toLocaleString("en"),
      met: ours.runs === PER_SECOND * SECONDS,
    },
  ];
}

async function play(kind: Kind, perSecond: number): Promise<Played> {
  await using server = await throwawayRedis();
  const begin = Date.now() + LEAD_MS[kind];
  const count = perSecond * SECONDS;
  const dueAt = (at: number) => begin + Math.floor((at * 1_000) / perSecond);
  await (kind === "ours" ? addOurs(server.url, count, dueAt) : addPeers(server.url, count, dueAt));
  if (Date.now() > begin) throw new Error(`adding ${count} jobs took longer than ${LEAD_MS[kind]} ms`);
  const seconds = (begin - Date.now()) / 1_000 + SECONDS + TAIL_SECONDS;
  const latenessMs = (
    await Promise.all(Array.from({ length: PROCESSES }, () => latenessOf(kind, server.url, seconds)))
  ).flat();
  latenessMs.sort((a, b) => a - b);
  const at = (share: number) => latenessMs[Math.floor((latenessMs.length - 1) * share)] ?? Number.NaN;
  return { runs: latenessMs.length, p50: at(0.5), p99: at(0.99) };
}

async function addOurs(url: string, count: number, dueAt: (at: number) => number): Promise<void> {
  const store = new RedisJobStore({ url });
  const scheduler = new Scheduler({ stores: { default: store } });
  await scheduler.start({ paused: true });
  const spec = (at: number): JobSpec => ({ id: `job-${at}`, func: "late", trigger: date({ runAt: dueAt(at) }) });
  for (let from = 0; from < count; from += ADDED_AT_ONCE) {
    const some = Array.from({ length: Math.min(ADDED_AT_ONCE, count - from) }, (_, at) => spec(from + at));
    await Promise.all(some.map((one) => scheduler.addJob(one)));
  }
  await scheduler.shutdown();
}

async function addPeers(url: string, count: number, dueAt: (at: number) => number): Promise<void> {
  const queue = new Queue("late", { connection: { url } });
  for (let from = 0; from < count; from += ADDED_AT_ONCE) {
    const now = Date.now();
    await queue.addBulk(
      Array.from({ length: Math.min(ADDED_AT_ONCE, count - from) }, (_, at) => ({
        name: "late",
        data: { dueAt: dueAt(from + at) },
        opts: { delay: Math.max(1, dueAt(from + at) - now), removeOnComplete: true },
      })),
    );
  }
  await queue.close();
}

async function latenessOf(kind: Kind, url: string, seconds: number): Promise<readonly number[]> {
  const child: ChildProcess = fork(PROCESS, [kind, url, String(seconds)]);
  await once(child, "message");
  const [latenessMs] = (await once(child, "message")) as [readonly number[]];
  return latenessMs;
}
