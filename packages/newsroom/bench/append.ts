/**
 * Latency until events are durable, and throughput of persisting them: `npx tsx --conditions=headline-source packages/newsroom/bench/append.ts`
 * Real Redis with an append-only file, real MariaDB that flushes at each commit; in turns, Redis and MySQL.
 */
import { fileURLToPath } from "node:url";
import { migrate, openMysql } from "@headline/mysql";
import { openRedis, waitForRedis } from "@headline/redis";
import { privateMysql, throwawayRedis } from "@headline/testkit";
import { openEventConsumer, openEventLog } from "../src/events/index.js";
import { insertEvents } from "../src/events/insert-events.js";
import { event } from "../test/events/support.js";

const UPLOADS = 2_000;
const EVENTS_AN_UPLOAD = 10;

await using database = await privateMysql();
await migrate(database.url, fileURLToPath(new URL("../migrations", import.meta.url)));
await using mysql = openMysql(database.url, { acquireTimeoutMs: 5_000, statementTimeoutMs: 10_000 });
let userId = 0n;
const upload = (count = EVENTS_AN_UPLOAD) => {
  userId += 1n;
  return Array.from({ length: count }, (_, index) => event({ userId, articleId: BigInt(index) }));
};

console.log("way            clients  uploads/s   p50 ms   p99 ms");
for (let round = 0; round < 2; round += 1) {
  for (const clients of [1, 16, 64]) {
    for (const way of ["redis everysec", "redis always", "mysql"]) await measure(way, clients);
  }
}
console.log("rows a write   rows/s");
for (const rows of [1, 10, 100, 1_000]) {
  const writes = rows < 100 ? 200 : 20;
  const startMs = performance.now();
  for (let write = 0; write < writes; write += 1) await insertEvents(mysql, upload(rows));
  console.log(
    `${String(rows).padStart(12)} ${((rows * writes) / ((performance.now() - startMs) / 1_000)).toFixed(0).padStart(8)}`,
  );
}

async function measure(way: string, clients: number): Promise<void> {
  const fsync = ["--appendfsync", way.endsWith("always") ? "always" : "everysec"];
  await using server = await throwawayRedis({
    durable: way.startsWith("redis"),
    args: way.startsWith("redis") ? fsync : [],
  });
  const redis = openRedis(server.url);
  await waitForRedis(redis);
  const log = await openEventLog({ mysql, redis });
  const times: number[] = [];
  let left = clients === 1 ? UPLOADS / 4 : UPLOADS;
  const uploads = left;
  const startMs = performance.now();
  await Promise.all(
    Array.from({ length: clients }, async () => {
      while (left-- > 0) {
        const events = upload();
        const atMs = performance.now();
        await log.append(events);
        times.push(performance.now() - atMs);
      }
    }),
  );
  const seconds = (performance.now() - startMs) / 1_000;
  times.sort((a, b) => a - b);
  const at = (share: number) => (times[Math.floor(times.length * share)] ?? 0).toFixed(1).padStart(8);
  let landing = "";
  if (log.goesTo === "redis") {
    const landedMs = performance.now();
    const consumer = openEventConsumer({ mysql, redis });
    while ((await consumer.lag()).entries > 0) await new Promise((resolve) => setTimeout(resolve, 20));
    landing = `   landed ${Math.round((uploads * EVENTS_AN_UPLOAD) / ((performance.now() - landedMs) / 1_000))} events/s`;
    await consumer[Symbol.asyncDispose]();
  }
  console.log(
    `${way.padEnd(15)} ${String(clients).padStart(6)} ${(uploads / seconds).toFixed(0).padStart(10)} ${at(0.5)} ${at(0.99)}${landing}`,
  );
  await log[Symbol.asyncDispose]();
  redis.disconnect();
}
