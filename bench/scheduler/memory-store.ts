import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { interval, type JobRecord, MemoryJobStore } from "@headline/scheduler";
import type { Row } from "./row.js";

type Request = Parameters<MemoryJobStore["dispatch"]>[0][number];
type Result = ReturnType<MemoryJobStore["dispatch"]>[number];
type Report = Parameters<MemoryJobStore["report"]>[0][number];

/** Cost of adding jobs. */
interface Added {
  readonly ms: number;
  readonly bytesPerJob: number;
}

const NOW = Date.UTC(2026, 0, 1);
const PEER = fileURLToPath(new URL("./node-schedule-peer.mjs", import.meta.url));
const PEER_MS = 120_000;
const DAY_MS = 86_400_000;
const MANY = 1_000_000;
const PEERS = 100_000;
const ROUNDS = 3;
const ROUND_MS = 1_500;
const BATCH = 200;
const ENDLESS_MS = 1e14;
const ADDED_WITHIN_MS = 3_000;
const BYTES_MAX = 400;
const CYCLES_GOAL = 200_000;

/**
 * Throughput of adding jobs to the memory store, memory of one job, and full cycles (claimed,
 * dispatched, reported) does it do a second? The peer adds as many jobs to node-schedule, in turns.
 */
export async function benchMemoryStore(): Promise<Row[]> {
  const rounds: { readonly ours: Added; readonly peer: Added }[] = [];
  for (let round = 0; round < ROUNDS; round++) rounds.push({ ours: addedToOurs(PEERS), peer: addedToPeer(PEERS) });
  const many = Array.from({ length: ROUNDS }, () => addedToOurs(MANY));
  return [...addingRows(rounds, many), ...[10_000, MANY].map(cyclesRow)];
}

function addingRows(rounds: readonly { readonly ours: Added; readonly peer: Added }[], many: readonly Added[]): Row[] {
  const [ours, peer] = [middle(rounds.map((round) => round.ours.ms)), middle(rounds.map((round) => round.peer.ms))];
  const manyMs = middle(many.map(({ ms }) => ms));
  const bytes = Math.max(...many.map(({ bytesPerJob }) => bytesPerJob));
  const peerBytes = middle(rounds.map((round) => round.peer.bytesPerJob));
  return [
    {
      what: `${thousands(PEERS)} jobs added`,
      ours: `${ours.toFixed(0)} ms`,
      peer: `node-schedule ${peer.toFixed(0)} ms`,
      ratio: Math.round(peer / ours),
      goal: `≤ ${(ADDED_WITHIN_MS * PEERS) / MANY} ms`,
      met: ours <= (ADDED_WITHIN_MS * PEERS) / MANY,
    },
    {
      what: `${thousands(MANY)} jobs added`,
      ours: `${manyMs.toFixed(0)} ms`,
      peer: "–",
      goal: `≤ ${ADDED_WITHIN_MS} ms`,
      met: manyMs <= ADDED_WITHIN_MS,
    },
    {
      what: `memory a job, of ${thousands(MANY)}, ids included`,
      ours: `${bytes.toFixed(0)} B`,
      peer: `node-schedule ${peerBytes.toFixed(0)} B (of ${thousands(PEERS)})`,
      ratio: Math.round((10 * peerBytes) / bytes) / 10,
      goal: `≤ ${BYTES_MAX} B`,
      met: bytes <= BYTES_MAX,
    },
  ];
}

function addedToOurs(count: number): Added {
  const store = new MemoryJobStore();
  const added = measured(count, (at) => store.insert(job(at)));
  if (store.get(`job:${count - 1}`) === undefined) throw new Error("a job is missing");
  return added;
}

function addedToPeer(count: number): Added {
  return JSON.parse(
    execFileSync(process.execPath, ["--expose-gc", PEER, String(count)], { encoding: "utf8", timeout: PEER_MS }),
  ) as Added;
}

function measured(count: number, add: (at: number) => void): Added {
  const before = bytesInUse();
  const start = performance.now();
  for (let at = 0; at < count; at++) add(at);
  const ms = performance.now() - start;
  return { ms, bytesPerJob: (bytesInUse() - before) / count };
}

/** After a full collection; typed arrays lie outside of V8's heap. */
function bytesInUse(): number {
  collect();
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

function cyclesRow(jobs: number): Row {
  const perSecond = middle(Array.from({ length: ROUNDS }, () => cyclesPerSecond(jobs)));
  return {
    what: `claim, dispatch and report, of ${thousands(jobs)} jobs, ${BATCH} at a time`,
    ours: `${Math.round(perSecond / 1_000)} k/s`,
    peer: "–",
    goal: `≥ ${CYCLES_GOAL / 1_000} k/s`,
    met: perSecond >= CYCLES_GOAL,
  };
}

/** One job is due each ms; each has its next run when all others have had theirs. */
function cyclesPerSecond(jobs: number): number {
  let now = NOW + jobs;
  let ids = 0;
  const clock = { now: () => now, monotonic: () => now, setTimer: () => ({ [Symbol.dispose]: () => {} }) };
  const store = new MemoryJobStore({ clock });
  for (let at = 0; at < jobs; at++) store.insert({ ...job(at), nextRunMs: NOW + at });
  const decide = (claimed: JobRecord): Request => ({
    jobId: claimed.id,
    claim: { version: claimed.version, nextRunMs: claimed.nextRunMs! + jobs },
    instance: {
      id: `i${ids++}`,
      owner: "bench",
      leaseMs: ENDLESS_MS,
      job: claimed,
      runs: [{ executionId: `e${ids++}`, scheduledAt: claimed.nextRunMs! }],
    },
  });

  const start = performance.now();
  let done = 0;
  let elapsed = 0;
  do {
    const claimed = store.claimDue({ owner: "bench", leaseMs: ENDLESS_MS, limit: BATCH }).jobs;
    const requests = claimed.map(decide);
    const results = store.dispatch(requests);
    const written = store.report(results.map((result, at) => reportOf(requests[at]!, result, now)));
    if (!written.every(Boolean)) throw new Error("a report was refused");
    done += claimed.length;
    now += claimed.length;
    elapsed = performance.now() - start;
  } while (elapsed < ROUND_MS);
  return (done / elapsed) * 1_000;
}

function reportOf({ instance }: Request, result: Result, now: number): Report {
  if (instance === undefined || result.kind !== "started" || result.runs.length !== 1) throw new Error("not started");
  return {
    instanceId: instance.id,
    token: result.token,
    executionId: result.runs[0]!.executionId,
    state: "executed",
    attempt: 1,
    startedAt: now,
    finishedAt: now + 1,
    result: null,
    error: null,
    stack: null,
    last: true,
  };
}

const TRIGGER = interval({ seconds: 10, anchor: 0 });
const NOTHING: readonly never[] = Object.freeze([]);

/** As `addJob` makes it: lists without anything in them are shared, id, incarnation and moments are its own. */
function job(at: number): JobRecord {
  return {
    id: `job:${at}`,
    name: "mail",
    func: "mail",
    args: NOTHING,
    kwargs: undefined,
    trigger: TRIGGER,
    executor: "default",
    coalesce: "latest",
    maxInstances: 1,
    overlap: "skip",
    misfireGraceTime: 60,
    timeoutMs: null,
    retries: null,
    ack: "early",
    maxDeliveries: 5,
    tags: NOTHING,
    incarnation: NOW.toString(36) + (at % 46_656).toString(36),
    createdMs: NOW + (at % 1_000),
    nextRunMs: NOW + scattered(at),
    version: 1,
  };
}

/** Somewhere in a day, the same each time. */
function scattered(at: number): number {
  return (at * 7_919_017) % DAY_MS;
}

function middle(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

function thousands(count: number): string {
  return count.toLocaleString("en");
}
