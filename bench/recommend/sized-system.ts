import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { CloseStack } from "@headline/lifecycle";
import { type Mysql, migrate, openMysql } from "@headline/mysql";
import { privateMysql, throwawayRedis } from "@headline/testkit";
import { seedArticles } from "../lib/seed-articles.js";
import { startServer } from "../lib/server-process.js";
import { measureCalls } from "./measure-calls.js";
import { readerEvents, writeEvents } from "./reader-events.js";

/** A recommendation service with its own stores, that many articles, and readers with a past. */
export interface SizedSystem extends AsyncDisposable {
  readonly articles: number;
  readonly address: string;
  readonly pid: number;
  readonly mysql: Mysql;
  /** Events that have not happened yet. */
  readonly events: Generator<string>;
  readonly startSeconds: number;
  /** When it was ready, and after every reader had refreshed once. */
  readonly rssMb: { readonly ready: number; readonly warm: number };
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
/** What each reader did before: about half a page. */
const EVENTS_PER_READER = 6;

export async function openSizedSystem({ articles, readers }: Size, say: (line: string) => void): Promise<SizedSystem> {
  const resources = new CloseStack();
  try {
    const folder = mkdtempSync(join(tmpdir(), "headline-bench-"));
    resources.defer(() => rmSync(folder, { recursive: true, force: true }));
    const stores = resources.use(await privateMysql());
    const redis = resources.use(await throwawayRedis());
    await migrate(stores.url, join(ROOT, "migrations"));
    const mysql = resources.use(openMysql(stores.url, { acquireTimeoutMs: 10_000, statementTimeoutMs: 60_000 }));
    say(`${count(articles)} articles, and ${count(readers * EVENTS_PER_READER)} events of ${count(readers)} readers`);
    await seedArticles(mysql, articles, () => undefined);
    const population = { readers, articles, perPage: PER_PAGE };
    const before = readerEvents({ ...population, perPage: EVENTS_PER_READER }, Date.now() - DAY_MS);
    await writeEvents(mysql, before, readers * EVENTS_PER_READER);

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
    const ready = rssMb(service.pid);
    say(`ready after ${startSeconds.toFixed(1)} s with ${ready.toFixed(0)} MB; every reader refreshes once`);
    const load = { address, readers, connections: 64, seconds: 0, warmupSeconds: 0, nobody: false, skip: 0 };
    const { failed } = await measureCalls(service.pid, { ...load, each: true });
    if (failed > readers / 100) throw new Error(`${failed} of ${readers} first refreshes failed`);
    return {
      articles,
      address,
      pid: service.pid,
      mysql,
      events: readerEvents(population, Date.now()),
      startSeconds,
      rssMb: { ready, warm: rssMb(service.pid) },
      [Symbol.asyncDispose]: () => resources.close(),
    };
  } catch (error) {
    await resources.close();
    throw error;
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
