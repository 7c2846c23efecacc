/**
 * Calls `user_recommend` over gRPC, in a process of its own. Prints "measuring" when the warm-up is over and one line of JSON
 * at the end. Argument: LoadRequest as JSON.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { connectRecommender, type Recommender, unaryRecommender } from "@headline/recommender";
import type { LoadRequest } from "./measure-calls.js";

const request = JSON.parse(process.argv[2] as string) as LoadRequest;
const { address, readers, seconds, warmupSeconds, onlyOf, eachInto } = request;
const only = onlyOf === undefined ? undefined : (JSON.parse(readFileSync(onlyOf, "utf8")) as number[]);
/** Failed calls by reason. */
const why = new Map<string, number>();
/** The readers by who chose for them. */
const byAlgo = new Map<string, number[]>();
const TIMEOUT_MS = 5_000;
const latencies = new Float64Array(2_000_000);
let measured = 0;
let failed = 0;
let short = 0;
let measuring = false;
let measuringSince = 0;
let turn = 0;

/** The client's own timers do not keep a process alive that waits for nothing but its last calls. */
const alive = setInterval(() => undefined, 1_000);
const options = { address, timeoutMs: TIMEOUT_MS };
await using client: Recommender = eachInto === undefined ? unaryRecommender(options) : connectRecommender(options);
if (eachInto === undefined) await measure();
else await onceEach(eachInto);
clearInterval(alive);

/** Every reader refreshes once: from then on each has a history. */
async function onceEach(file: string): Promise<void> {
  const refreshNext = async () => {
    while (turn < readers) await call(performance.now());
  };
  await Promise.all(Array.from({ length: request.connections }, refreshNext));
  writeFileSync(file, JSON.stringify(Object.fromEntries(byAlgo)));
  print({ failed });
}

async function measure(): Promise<void> {
  const endsAt = performance.now() + 1_000 * (warmupSeconds + seconds);
  const timer = setTimeout(() => {
    measuring = true;
    measuringSince = performance.now();
    process.stdout.write("measuring\n");
  }, 1_000 * warmupSeconds);
  await (request.ratePerSecond === undefined ? closedLoop(endsAt) : openLoop(endsAt, request.ratePerSecond));
  clearTimeout(timer);
  const tookSeconds = (performance.now() - measuringSince) / 1_000;
  const sorted = latencies.subarray(0, measured).sort();
  const at = (share: number) => sorted[Math.min(measured - 1, Math.floor(measured * share))] ?? Number.NaN;
  print({ calls: measured, perSecond: measured / tookSeconds, p50Ms: at(0.5), p99Ms: at(0.99), failed, short });
}

/** One call in flight on each connection, as many as they take. */
async function closedLoop(endsAt: number): Promise<void> {
  const callOn = async () => {
    while (performance.now() < endsAt) await call(performance.now());
  };
  await Promise.all(Array.from({ length: request.connections }, callOn));
}

/** Calls begin when they are due, whatever became of those before; being late counts as latency. */
async function openLoop(endsAt: number, perSecond: number): Promise<void> {
  const startedAt = performance.now();
  const calls = new Set<Promise<void>>();
  let begun = 0;
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      const now = performance.now();
      for (; startedAt + (1_000 * begun) / perSecond <= Math.min(now, endsAt); begun += 1) {
        const done = call(startedAt + (1_000 * begun) / perSecond).finally(() => calls.delete(done));
        calls.add(done);
      }
      if (now < endsAt) return;
      clearInterval(timer);
      resolve();
    }, 1);
  });
  await Promise.all(calls);
}

async function call(dueAt: number): Promise<void> {
  turn += 1;
  const reader = whoseTurn();
  try {
    const userId = BigInt(reader);
    const page = await client.recommend({ userId, channelId: 0, articleNum: 10, timeStamp: BigInt(Date.now()) });
    if (eachInto !== undefined) note(page.algo, reader);
    if (measuring && page.recommends.length < 10) short += 1;
  } catch (error) {
    failed += 1;
    const { message } = error as Error;
    why.set(message, (why.get(message) ?? 0) + 1);
  }
  if (measuring && measured < latencies.length) latencies[measured++] = performance.now() - dueAt;
}

function note(algo: string, reader: number): void {
  const readersOf = byAlgo.get(algo) ?? [];
  byAlgo.set(algo, readersOf);
  readersOf.push(reader);
}

/** One after the other at first; later a stride visits every one, far apart in time and memory. */
function whoseTurn(): number {
  if (request.anonymous) return 0;
  if (eachInto !== undefined) return turn;
  const place = turn * 7_919 + request.skip;
  return only === undefined ? 1 + (place % readers) : (only[place % only.length] as number);
}

function print(result: Record<string, number>): void {
  for (const [message, times] of why) process.stderr.write(`  ${times} calls failed: ${message}\n`);
  process.stdout.write(`${JSON.stringify(result)}\n`);
}
