import type { Mysql } from "@headline/mysql";
import type { Recommender } from "@headline/recommender";
import type { Redis } from "@headline/redis";
import type { Execution, Scheduler } from "@headline/scheduler";
import { deadline } from "@headline/service/timing";
import { type Counted, RecentScrapes } from "./counted.js";
import { type Probe, type Probed, probeAll } from "./probe.js";
import { readPrometheusText } from "./prometheus-text.js";
import { type Scrape, scrapeAll } from "./scrape.js";

export interface HealthCheckDeps {
  /** Where gateways are, as http://host:port. */
  readonly gatewayUrls: readonly string[];
  /** Metrics addresses of other processes. */
  readonly metricsUrls: readonly string[];
  readonly recommender: Recommender;
  readonly mysql: Mysql;
  /** By their duty: the cache, and the one that must not evict where it is another. */
  readonly redises: Readonly<Record<string, Redis>>;
  readonly scheduler: Scheduler;
  /** Metrics of this process. */
  readonly ownMetrics: () => Promise<string>;
  readonly now?: () => number;
}

export interface Health {
  readonly atMs: number;
  readonly probed: readonly Probed[];
  readonly scrapes: readonly Scrape[];
  /** Whose metrics could not be read. */
  readonly unread: readonly string[];
  readonly counted: Counted;
  /** Runs that failed or were missed within the hour; undefined when unknown. */
  readonly failures: readonly Execution[] | undefined;
}

const WITHIN_MS = 500;
const HOUR_MS = 60 * 60 * 1_000;
const FAILURES_MAX = 50;
const OWN = "this process";

/** Checks every process and dependency at once; one that does not answer within 500 ms is reported so. Never fails. */
export function createHealthCheck(deps: HealthCheckDeps): () => Promise<Health> {
  const { scheduler, metricsUrls, ownMetrics, now = Date.now } = deps;
  const recent = new RecentScrapes();
  const probes = probesOf(deps);
  return async () => {
    const atMs = now();
    const [probed, others, own, failures] = await Promise.all([
      probeAll(probes, WITHIN_MS),
      scrapeAll(metricsUrls, WITHIN_MS),
      deadline(ownMetrics, WITHIN_MS).catch(() => ""),
      deadline(() => failuresSince(scheduler, atMs - HOUR_MS), WITHIN_MS).catch(() => undefined),
    ]);
    const scrapes = [...others, { source: OWN, samples: readPrometheusText(own) }];
    const read = new Set(scrapes.map(({ source }) => source));
    const unread = metricsUrls.filter((url) => !read.has(url));
    return { atMs, probed, scrapes, unread, counted: recent.counted(scrapes, atMs), failures };
  };
}

function probesOf({ gatewayUrls, recommender, mysql, redises }: HealthCheckDeps): Probe[] {
  return [
    ...gatewayUrls.map((url) => ({
      name: `Gateway ${new URL(url).host}`,
      ask: (signal: AbortSignal) => isReady(url, signal),
    })),
    {
      name: "Recommender",
      ask: async (signal) => {
        if (!(await recommender.check("", { timeoutMs: WITHIN_MS, signal }))) throw new Error("does not serve");
        return "serves";
      },
    },
    ...Object.entries(redises).map(([duty, redis]) => ({
      name: `Redis (${duty})`,
      ask: async () => `answers ${await redis.ping()}`,
    })),
    {
      name: "MySQL",
      ask: async () => {
        const [row] = await mysql.query<{ version: string }>("SELECT VERSION() AS version");
        return row?.version ?? "";
      },
    },
  ];
}

async function isReady(url: string, signal: AbortSignal): Promise<string> {
  const answer = await fetch(new URL("/readyz", url), { signal, redirect: "error" });
  const text = (await answer.text()).slice(0, 100).trim();
  if (answer.status !== 200) throw new Error(`${answer.status} ${text}`);
  return text;
}

async function failuresSince(scheduler: Scheduler, fromMs: number): Promise<readonly Execution[]> {
  const { executions } = await scheduler.executions({
    from: fromMs,
    states: ["error", "missed"],
    limit: FAILURES_MAX,
  });
  return executions;
}
