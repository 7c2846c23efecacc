import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { type Mysql, migrate, openMysql } from "@headline/mysql";
import { CloseStack } from "@headline/service/lifecycle";
import { privateMysql, throwawayRedis } from "@headline/testkit";
import { readerEvents, writeEvents } from "../lib/reader-events.js";
import { seedArticles } from "../lib/seed-articles.js";
import { cpuUs, startServer } from "../lib/server-process.js";
import { measureCalls } from "./measure-calls.js";

/** A recommendation service with its own stores, that many articles, and readers with a past. */
export interface SizedSystem extends AsyncDisposable {
  readonly articles: number;
  readonly address: string;
  readonly pid: number;
  readonly mysql: Mysql;
  /** Events that have not happened yet. */
  readonly events: Generator<string>;
  readonly startSeconds: number;
  /** When it was ready. */
  readonly readyMb: number;
  /** Waits until what readers did before is learnt, and lets some of them refresh once. */
  warm(): Promise<Warm>;
}

export interface Warm {
  readonly warmMb: number;
  /** The ids of those who get another ranking than most, if there are enough of them. */
  readonly heldOutFile: string | undefined;
}

interface Size {
  readonly articles: number;
  readonly readers: number;
}

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const SERVICE = join(ROOT, "services/recommendation/dist/main.js");
const TRACK_SECRET = "the tracking secret of the benchmark, long enough";
const DAY_MS = 24 * 60 * 60 * 1_000;
const PER_PAGE = 10;
/** Feedback of each reader before the run: some articles of a page. */
const EVENTS_PER_READER = 4;
/** One of so many has been served a page before. */
const SERVED_SHARE = 5;
const HELD_OUT_MIN = 50;
/** A service that uses less than this of a core has nothing left to catch up with. */
const IDLE_SHARE = 0.3;
const IDLE_WITHIN_MS = 300_000;

export async function openSizedSystem({ articles, readers }: Size, say: (line: string) => void): Promise<SizedSystem> {
  const resources = new CloseStack();
  try {
    const folder = mkdtempSync(join(tmpdir(), "headline-bench-"));
    resources.defer(() => rmSync(folder, { recursive: true, force: true }));
    const stores = resources.use(await privateMysql());
    const redis = resources.use(await throwawayRedis());
    await migrate(stores.url, join(ROOT, "packages/newsroom/migrations"));
    const mysql = resources.use(openMysql(stores.url, { acquireTimeoutMs: 10_000, statementTimeoutMs: 60_000 }));
    say(`${count(articles)} articles, and ${count(readers * EVENTS_PER_READER)} events of ${count(readers)} readers`);
    await seedArticles(mysql, articles, () => undefined);
    const dayAgo = Date.now() - DAY_MS;
    const pastOf = (page: number) => Math.floor(dayAgo + (DAY_MS * page) / (2 * readers));
    const past = readerEvents({ readers, articles, perPage: EVENTS_PER_READER, at: pastOf });
    await writeEvents(mysql, past, readers * EVENTS_PER_READER);

    const address = `unix:${join(folder, "recommendation.sock")}`;
    const startedAt = performance.now();
    const env = { MYSQL_URL: stores.url, REDIS_URL: redis.url, TRACK_SECRET, GRPC_ADDRESS: address, LOG_LEVEL: "info" };
    const service = await startServer("recommendation", SERVICE, {
      env: { ...env, NODE_ENV: "production" },
      ready: /recommendation listens/,
      flags: [],
    });
    resources.use(service);
    const startSeconds = (performance.now() - startedAt) / 1_000;
    return {
      articles,
      address,
      pid: service.pid,
      mysql,
      events: readerEvents({ readers, articles, perPage: PER_PAGE, at: () => Date.now() }),
      startSeconds,
      readyMb: rssMb(service.pid),
      async warm() {
        await untilIdle(service.pid);
        const everybody = join(folder, "readers.json");
        const served = Math.ceil(readers / SERVED_SHARE);
        const load = {
          address,
          readers: served,
          connections: 64,
          seconds: 0,
          warmupSeconds: 0,
          anonymous: false,
          skip: 0,
        };
        const { failed } = await measureCalls(service.pid, { ...load, eachInto: everybody });
        if (failed > served / 2) throw new Error(`${failed} of ${served} first refreshes failed`);
        return { warmMb: rssMb(service.pid), heldOutFile: heldOutOf(everybody, join(folder, "held-out.json")) };
      },
      [Symbol.asyncDispose]: () => resources.close(),
    };
  } catch (error) {
    await resources.close();
    throw error;
  }
}

/** Writes down who is of the second largest group by algorithm: an experiment's holdout. */
function heldOutOf(everybody: string, file: string): string | undefined {
  const byAlgo = Object.values(JSON.parse(readFileSync(everybody, "utf8")) as Record<string, number[]>);
  const heldOut = byAlgo.sort((a, b) => b.length - a.length)[1] ?? [];
  if (heldOut.length < HELD_OUT_MIN) return undefined;
  writeFileSync(file, JSON.stringify(heldOut));
  return file;
}

/** Waits for two seconds in which the process does next to nothing. */
async function untilIdle(pid: number): Promise<void> {
  const endsAt = performance.now() + IDLE_WITHIN_MS;
  for (let idleSeconds = 0; idleSeconds < 2; ) {
    const before = cpuUs(pid);
    await sleep(1_000);
    const share = (cpuUs(pid) - before) / 1_000_000;
    idleSeconds = share < IDLE_SHARE ? idleSeconds + 1 : 0;
    if (performance.now() > endsAt) throw new Error("the recommendation service does not come to rest");
  }
}

/** Memory that the process holds just now. */
export function rssMb(pid: number): number {
  const kb = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return Number(kb) / 1_024;
}

function count(value: number): string {
  return value.toLocaleString("en");
}
