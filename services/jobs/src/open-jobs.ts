import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { clientTls } from "@headline/grpc";
import { openMysql, waitForMysql } from "@headline/mysql";
import { jobsIn, openJobStore } from "@headline/newsroom/jobs";
import { connectRecommender, unaryRecommender } from "@headline/recommender";
import {
  cacheCommands,
  type NeededCommand,
  namingLogin,
  openRedis,
  reportMissingRights,
  scriptCommands,
  waitForRedis,
} from "@headline/redis";
import { createSignInLimit } from "@headline/redis/limits";
import { AsyncExecutor, Scheduler } from "@headline/scheduler";
import { reachableUrl, type Tls } from "@headline/service/config";
import { CloseStack } from "@headline/service/lifecycle";
import { type Log, logError, rateLimitedLog } from "@headline/service/log";
import { countDependencies, countUnreadable, Metrics as ProcessMetrics } from "@headline/service/metrics";
import { createApp } from "./app.js";
import { BackgroundTasks, TASKS_APP } from "./background/background-tasks.js";
import { RECENT_TASKS_KEY, RecentTasks } from "./background/recent-tasks.js";
import { createHealthCheck } from "./health/health-check.js";
import { keepTimetable, registerTimetable } from "./keep-timetable.js";
import { createMetrics } from "./metrics.js";
import { PageBuilder } from "./pages/page-builder.js";
import { schedulerLogger } from "./scheduler-logger.js";
import { StaffSessions } from "./staff/staff-sessions.js";
import { createOneOffs, registerOneOffs } from "./tasks/one-offs.js";
import { type Periods, timetable } from "./timetable.js";

export interface JobsConfig {
  readonly host?: string;
  readonly port: number;
  readonly mysqlUrl: string;
  readonly redisUrl: string;
  /** The Redis that must not evict, where there is one for each duty: it queues background tasks. */
  readonly stateRedisUrl?: string | undefined;
  /** A grpc-js target; static pages show what it recommends. */
  readonly recommenderAddress: string;
  /** Where feeds are explained; `recommenderAddress` unless given. */
  readonly explainAddress?: string | undefined;
  /** Certificates of both ends towards the recommender; plaintext without. */
  readonly tls?: Tls | undefined;
  /** Name in the recommender's certificate, if not the host of its address. */
  readonly tlsServerName?: string | undefined;
  /** Signs the sessions of staff; by default each start makes its own. */
  readonly secret?: string | undefined;
  /** Number of proxies in front whose X-Forwarded-For is trusted; 0 takes the connection's address. */
  readonly trustProxy?: number;
  readonly log: Log;
  /** Ends the waiting for MySQL. */
  readonly signal?: AbortSignal;
  readonly periods?: Partial<Periods>;
  /** Other sites whose covers the static pages show; none by default. */
  readonly coverOrigins?: readonly string[];
  /** Retention of events that models have learnt, days. */
  readonly eventsKeepDays?: number;
  /** Time limit for counting wrong passwords in Redis; then this service counts alone. */
  readonly limitTimeoutMs?: number;
  /** Lease of a run, ms: another job service reclaims it after that. */
  readonly leaseMs?: number;
  /** Of gateways, as http://host:port: the health page asks how they are. */
  readonly gatewayUrls?: readonly string[];
  /** Metrics addresses of other processes, for the health page. */
  readonly metricsUrls?: readonly string[];
}

export interface RunningJobs extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly scheduler: Scheduler;
}

const PERIODS: Periods = { correctSeconds: 300, pagesSeconds: 60 };
/** No caller waits here: a slow statement is better than a failed run. */
const PATIENT = {
  connectionsMax: 10,
  acquireTimeoutMs: 5_000,
  statementTimeoutMs: 20_000,
  transactionTimeoutMs: 30_000,
};
const REDIS_MS = 2_000;
const LIMIT_MS = 100;
const LEASE_MS = 10_000;
const EVENTS_KEEP_DAYS = 180;
const DAY_MS = 24 * 60 * 60 * 1_000;
const RUNS_AT_ONCE = 32;
const TASKS_AT_ONCE = 8;
const FINISH_MS = 8_000;
/** Like those of the caches, messages and limits, and of BullMQ's queues: what an ACL has to permit. */
const CACHE_COMMANDS: readonly NeededCommand[] = [
  ...["user-statistics", "article-statistics"].flatMap(cacheCommands),
  ["del", "article-statistics:{0}"],
  ["publish", "changes@0", ""],
  ...scriptCommands("headline:sign-in:0"),
];
const QUEUE = `${TASKS_APP}:default`;
const TASK_COMMANDS: readonly NeededCommand[] = [
  ["info", "server"],
  ["client", "setname", ""],
  ["bzpopmin", `${QUEUE}:marker`, "1"],
  ["hgetall", `${QUEUE}:0`],
  ["lpush", RECENT_TASKS_KEY, ""],
  ["ltrim", RECENT_TASKS_KEY, "0", "0"],
  ["lrange", RECENT_TASKS_KEY, "0", "0"],
  ...scriptCommands(`${QUEUE}:wait`),
];
/** Prefixes, before the colon, of ids of jobs that are added while running. */
const ADDED_WHILE_RUNNING = ["order", "publish", "fan-out"];

/**
 * Opens a job service: waits for MySQL, which holds the jobs, enters the timetable, runs what is due, and shows it all. Any
 * number may run.
 */
export async function openJobs(config: JobsConfig): Promise<RunningJobs> {
  const { host = "0.0.0.0", port, mysqlUrl, redisUrl, stateRedisUrl = redisUrl, secret, log } = config;
  const { signal = new AbortController().signal } = config;
  const resources = new CloseStack();
  try {
    const onRedisError = rateLimitedLog(log, "Redis", { everyMs: 1_000 });
    const processMetrics = new ProcessMetrics("jobs");
    processMetrics.readProblems(log);
    const dependency = countDependencies(processMetrics);
    const mysql = resources.use(openMysql(mysqlUrl, { ...PATIENT, observe: dependency("mysql") }));
    const observeRedis = dependency("redis");
    const open = (url: string, variable: string) => {
      const redis = openRedis(url, {
        commandTimeoutMs: REDIS_MS,
        onError: namingLogin(variable, onRedisError),
        observe: observeRedis,
      });
      resources.defer(() => redis.disconnect());
      return redis;
    };
    const redis = open(redisUrl, "REDIS_URL");
    const stateRedis = stateRedisUrl === redisUrl ? redis : open(stateRedisUrl, "REDIS_STATE_URL");
    const limitRedis = openRedis(redisUrl, {
      commandTimeoutMs: config.limitTimeoutMs ?? LIMIT_MS,
      onError: namingLogin("REDIS_URL", onRedisError),
    });
    resources.defer(() => limitRedis.disconnect());
    const security = { credentials: config.tls && clientTls(config.tls), serverName: config.tlsServerName };
    const { recommenderAddress, explainAddress } = config;
    const recommender = resources.use(connectRecommender({ address: recommenderAddress, ...security }));
    const explainer =
      explainAddress === undefined
        ? recommender
        : resources.use(unaryRecommender({ address: explainAddress, ...security }));
    const onAway = rateLimitedLog(log, "waits for MySQL; runs nothing yet", { everyMs: 1_000 });
    await Promise.all([waitForRedis(redis), waitForRedis(stateRedis), waitForMysql(mysqlUrl, { signal, onAway })]);

    await Promise.all([
      reportMissingRights({ redis, variable: "REDIS_URL", commands: CACHE_COMMANDS, log }),
      reportMissingRights({
        redis: stateRedis,
        variable: "REDIS_STATE_URL or REDIS_URL",
        commands: TASK_COMMANDS,
        log,
      }),
    ]);

    const store = openJobStore(mysqlUrl);
    const timedJobs = timetable({ ...PERIODS, ...config.periods });
    const logger = schedulerLogger(log);
    const scheduler = new Scheduler({
      timezone: "UTC",
      stores: { default: store },
      executors: { default: new AsyncExecutor({ concurrency: RUNS_AT_ONCE }) },
      leaseMs: config.leaseMs ?? LEASE_MS,
      logger,
    });
    const metrics = createMetrics(
      processMetrics,
      scheduler,
      new Set([...timedJobs.map(({ id }) => id), ...ADDED_WHILE_RUNNING]),
    );
    const onUnreadable = countUnreadable(processMetrics, log);
    const recent = new RecentTasks(stateRedis, onRedisError, onUnreadable("task"));
    const background = new BackgroundTasks({
      mysql,
      redisUrl: stateRedisUrl,
      recent,
      redis,
      onRedisError,
      log: logger,
      concurrency: TASKS_AT_ONCE,
    });
    resources.use(background);
    const pages = new PageBuilder({
      mysql,
      redis,
      recommender,
      coverOrigins: config.coverOrigins ?? [],
      onError: logError(log, "pages show the newest instead"),
      onUnreadable,
    });
    const oneOffs = createOneOffs({ mysql, redis, jobs: jobsIn(store), onRedisError });
    registerOneOffs(scheduler, oneOffs, background);
    const eventsKeptMs = (config.eventsKeepDays ?? EVENTS_KEEP_DAYS) * DAY_MS;
    registerTimetable(scheduler, timedJobs, { mysql, redis, pages, oneOffs, metrics, eventsKeptMs, onRedisError });
    resources.defer(() => scheduler.shutdown({ timeoutMs: FINISH_MS }));
    await scheduler.start();
    await keepTimetable(scheduler, timedJobs);
    background.start();

    let ready = true;
    const sessions = new StaffSessions({ mysql, secret });
    const checkHealth = createHealthCheck({
      gatewayUrls: config.gatewayUrls ?? [],
      metricsUrls: config.metricsUrls ?? [],
      recommender,
      mysql,
      redises: redis === stateRedis ? { "cache and state": redis } : { cache: redis, state: stateRedis },
      scheduler,
      ownMetrics: metrics.text,
    });
    const { app, dashboard } = createApp({
      checkHealth,
      scheduler,
      mysql,
      explainer,
      sessions,
      signInLimit: createSignInLimit(limitRedis),
      trustProxy: config.trustProxy ?? 0,
      recent,
      metrics,
      secret,
      isReady: () => ready,
      log,
    });
    const server = createServer(app);
    server.listen(port, host);
    await once(server, "listening");
    const bound = (server.address() as AddressInfo).port;
    resources.defer(async () => {
      ready = false;
      dashboard.close();
      server.close();
      server.closeAllConnections();
    });
    log.info({ port: bound }, "jobs listens");
    return {
      url: reachableUrl(host, bound),
      port: bound,
      scheduler,
      [Symbol.asyncDispose]: () => resources.close(),
    };
  } catch (error) {
    await resources.close();
    throw error;
  }
}
