import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { type Mysql, migrate, openMysql } from "@headline/mysql";
import { appendChanges, wakeFollowers } from "@headline/newsroom/changes";
import { addNotification } from "@headline/newsroom/notifications";
import { openRedis, type Redis, waitForRedis } from "@headline/redis";
import { CloseStack } from "@headline/service/lifecycle";
import { privateMysql, throwawayRedis } from "@headline/testkit";
import { SignJWT } from "jose";
import { freePorts } from "../lib/free-ports.js";
import { cpuUs, type ServerProcess, startServer } from "../lib/server-process.js";
import { table } from "../lib/table.js";
import { openClient, type PushedClient } from "./open-client.js";

export interface PushBenchOptions {
  readonly sockets: number;
}

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const GATEWAY = join(ROOT, "services/gateway/dist/main.js");
const SECRETS = {
  JWT_SECRET: "the signing secret of the benchmark, long enough",
  TRACK_SECRET: "the tracking secret of the benchmark, long enough",
};
const OPENED_AT_ONCE = 50;
const SETTLE_MS = 5_000;
const DEVICES = 5;
const NOTIFICATIONS = 300;
const PAUSE_MS = 10;
const HEARD_WITHIN_MS = 5_000;

/** Cost of an idle socket, and latency of a notification to one user while thousands are open. */
export async function benchPush({ sockets }: PushBenchOptions, say: (line: string) => void): Promise<void> {
  await using resources = new CloseStack();
  const database = resources.use(await privateMysql());
  const redisServer = resources.use(await throwawayRedis());
  await migrate(database.url, join(ROOT, "packages/newsroom/migrations"));
  const mysql = resources.use(openMysql(database.url, { acquireTimeoutMs: 5_000, statementTimeoutMs: 10_000 }));
  const redis = openRedis(redisServer.url);
  resources.defer(() => redis.disconnect());
  await waitForRedis(redis);
  const [port] = await freePorts(1);
  const env = {
    ...{ HOST: "127.0.0.1", PORT: String(port), RECOMMENDER_ADDRESS: "127.0.0.1:1", NODE_ENV: "production" },
    ...{ MYSQL_URL: database.url, REDIS_URL: redisServer.url, ...SECRETS },
  };
  const gateway = resources.use(await startServer("gateway", GATEWAY, { env, ready: /listens/ }));
  const url = `ws://127.0.0.1:${port}/socket.io/?EIO=4&transport=websocket`;

  const { insertId: userId } = await mysql.write("INSERT INTO users (name, created_at) VALUES ('alice', 1)");
  const token = await tokenOf(userId);
  const devices = await Promise.all(Array.from({ length: DEVICES }, () => openClient(url, { token })));
  resources.defer(() => {
    for (const device of devices) device.close();
  });
  await notify(mysql, redis, userId, devices, 50); // warms
  const alone = await notify(mysql, redis, userId, devices, NOTIFICATIONS);

  await sleep(SETTLE_MS);
  const emptyBytes = rssBytes(gateway);
  say(`opening ${sockets} sockets`);
  const startedAt = performance.now();
  const startedCpuUs = cpuUs(gateway.pid);
  const idle: PushedClient[] = [];
  resources.defer(() => {
    for (const client of idle) client.close();
  });
  while (idle.length < sockets) {
    const count = Math.min(OPENED_AT_ONCE, sockets - idle.length);
    const opened = Array.from({ length: count }, (_, index) =>
      openClient(url, { anonymous_id: `device-${idle.length + index}` }),
    );
    idle.push(...(await Promise.all(opened)));
  }
  const openedMs = performance.now() - startedAt;
  const openedCpuUs = cpuUs(gateway.pid) - startedCpuUs;
  await sleep(SETTLE_MS);
  const fullBytes = rssBytes(gateway);
  const crowded = await notify(mysql, redis, userId, devices, NOTIFICATIONS);

  say(
    table([
      ["", "", ""],
      ["sockets open", String(idle.length + devices.length), ""],
      ["opened a second", (idle.length / (openedMs / 1_000)).toFixed(0), "client and gateway share the machine"],
      ["CPU of the gateway to open one", `${(openedCpuUs / idle.length).toFixed(0)} µs`, ""],
      ["RSS of the gateway before", `${megabytes(emptyBytes)} MB`, ""],
      ["RSS of the gateway after", `${megabytes(fullBytes)} MB`, ""],
      ["RSS per idle socket", `${((fullBytes - emptyBytes) / idle.length / 1_024).toFixed(1)} kB`, ""],
      ...latencies("notified by a job service, no other sockets", alone),
      ...latencies(`notified by a job service, ${idle.length} idle sockets`, crowded),
    ]),
  );
}

/** From the commit until each device has it, ms, ascending. */
async function notify(
  mysql: Mysql,
  redis: Redis,
  userId: bigint,
  devices: readonly PushedClient[],
  count: number,
): Promise<number[]> {
  const tookMs: number[] = [];
  for (let index = 0; index < count; index += 1) {
    const actorId = BigInt(1_000_000 + Math.floor(Math.random() * 1e12));
    const changes = await mysql.transaction(async (tx) => {
      const changes = await addNotification(tx, { userId, kind: "followed", subjectId: actorId, actorId });
      await appendChanges(tx, ...changes);
      return changes;
    });
    const committedAt = performance.now();
    const heard = devices.map(async (device) => {
      await device.next("notification", HEARD_WITHIN_MS);
      tookMs.push(performance.now() - committedAt);
    });
    await wakeFollowers(redis, ...changes);
    await Promise.all(heard);
    await sleep(PAUSE_MS);
  }
  return tookMs.sort((a, b) => a - b);
}

function latencies(what: string, sorted: readonly number[]): string[][] {
  const at = (share: number) => `${(sorted[Math.floor(share * (sorted.length - 1))] ?? 0).toFixed(1)} ms`;
  return [[what, `p50 ${at(0.5)}`, `p99 ${at(0.99)}, slowest ${at(1)}`]];
}

function tokenOf(userId: bigint): Promise<string> {
  return new SignJWT({ iss: "headline", aud: "headline", sub: String(userId) })
    .setProtectedHeader({ alg: "HS256", typ: "at+jwt" })
    .setExpirationTime("1h")
    .sign(new TextEncoder().encode(SECRETS.JWT_SECRET));
}

function rssBytes({ pid }: ServerProcess): number {
  const kilobytes = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? "0";
  return Number(kilobytes) * 1_024;
}

function megabytes(bytes: number): string {
  return (bytes / 1_048_576).toFixed(1);
}
