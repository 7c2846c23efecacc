/**
 * Calls `user_recommend` over gRPC, in a process of its own. Prints "measuring" when the warm-up is over and one line of JSON
 * at the end. Argument: LoadRequest as JSON.
 */
import { connectRecommender, type Recommender, unaryRecommender } from "@headline/rpc";
import type { LoadRequest } from "./measure-calls.js";

const request = JSON.parse(process.argv[2] as string) as LoadRequest;
const { address, readers, seconds, warmupSeconds } = request;
const TIMEOUT_MS = 5_000;
const latencies = new Float64Array(2_000_000);
let measured = 0;
let failed = 0;
let short = 0;
let measuring = false;
let turn = 0;

const options = { address, timeoutMs: TIMEOUT_MS };
await using client: Recommender = request.each ? connectRecommender(options) : unaryRecommender(options);
if (request.each) await onceEach();
else await measure();

/** Every reader refreshes once: from then on each has a history. */
async function onceEach(): Promise<void> {
  const refreshNext = async () => {
    while (turn < readers) await call(performance.now());
  };
  await Promise.all(Array.from({ length: request.connections }, refreshNext));
  print({ failed });
}

async function measure(): Promise<void> {
  const endsAt = performance.now() + 1_000 * (warmupSeconds + seconds);
  const timer = setTimeout(() => {
    measuring = true;
    process.stdout.write("measuring\n");
  }, 1_000 * warmupSeconds);
  await (request.ratePerSecond === undefined ? closedLoop(endsAt) : openLoop(endsAt, request.ratePerSecond));
  clearTimeout(timer);
  const sorted = latencies.subarray(0, measured).sort();
  const at = (share: number) => sorted[Math.min(measured - 1, Math.floor(measured * share))] ?? Number.NaN;
  print({ calls: measured, perSecond: measured / seconds, p50Ms: at(0.5), p99Ms: at(0.99), failed, short });
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
  // A stride that visits every reader, far apart in time and memory.
  const userId = request.nobody ? 0n : BigInt(request.each ? turn : 1 + ((turn * 7_919 + request.skip) % readers));
  try {
    const page = await client.recommend({ userId, channelId: 0, articleNum: 10, timeStamp: BigInt(Date.now()) });
    if (measuring && page.recommends.length < 10) short += 1;
  } catch {
    failed += 1;
  }
  if (measuring && measured < latencies.length) latencies[measured++] = performance.now() - dueAt;
}

function print(result: Record<string, number>): void {
  process.stdout.write(`${JSON.stringify(result)}\n`);
}
