import { mysqlInWords } from "@headline/mysql";
import {
  grpcTarget,
  host,
  httpUrls,
  integer,
  isLoopback,
  isWholeTls,
  logLevel,
  mysqlUrl,
  origins,
  port,
  readConfig,
  redisUrl,
  refusePublished,
  secret,
  TLS_VARIABLES,
  tlsOf,
  WHOLE_TLS,
} from "@headline/service/config";
import { runUntilSignal } from "@headline/service/lifecycle";
import { createLog } from "@headline/service/log";
import { z } from "zod";
import { openJobs } from "./open-jobs.js";

const Environment = z
  .object({
    JOBS_PORT: port.default(3_001),
    HOST: host.default("0.0.0.0"),
    MYSQL_URL: mysqlUrl,
    REDIS_URL: redisUrl,
    /** The Redis that must not evict, where there is one for each duty. */
    REDIS_STATE_URL: redisUrl.optional(),
    RECOMMENDER_ADDRESS: grpcTarget.default("dns:///localhost:50051"),
    /** Where the recommender explains feeds; RECOMMENDER_ADDRESS unless given. */
    EXPLAIN_ADDRESS: grpcTarget.optional(),
    /** Number of proxies in front, each of which appends its client to X-Forwarded-For. */
    TRUST_PROXY: integer(0, 10).default(0),
    /** Signs the sessions of staff, with a key derived for that; JWT_SECRET where there is none. */
    STAFF_SECRET: secret.optional(),
    JWT_SECRET: secret.optional(),
    /** Seconds between two corrections of the statistics, and between two builds of the static pages. */
    CORRECT_EVERY_SECONDS: integer(1, 86_400).default(300),
    PAGES_EVERY_SECONDS: integer(1, 86_400).default(60),
    /** Other sites whose covers the static pages show, separated by commas. */
    COVER_ORIGINS: origins,
    /** Retention of learnt events, days: longer than the tokens of events are valid. */
    EVENTS_KEEP_DAYS: integer(2, 36_500).default(180),
    /** Lease of a run, ms: another job service reclaims it after that. */
    LEASE_MS: integer(1_000, 600_000).default(10_000),
    /** Certificates for both ends of the way to the recommender; usually as TLS_CA_FILE and so on. */
    ...TLS_VARIABLES,
    /** Whom the recommender's certificate names, where RECOMMENDER_ADDRESS does not. */
    TLS_SERVER_NAME: z.string().optional(),
    /** Gateways and metrics addresses on the health page, each separated by commas. */
    GATEWAY_URLS: httpUrls,
    METRICS_URLS: httpUrls,
    LOG_LEVEL: logLevel.default("info"),
  })
  .superRefine(refusePublished(["STAFF_SECRET", "JWT_SECRET"], ({ HOST }) => !isLoopback(HOST)))
  .refine(isWholeTls, WHOLE_TLS);

const config = readConfig(Environment, process.env);
const log = createLog({ name: "jobs", level: config.LOG_LEVEL });

await runUntilSignal(
  (signal) =>
    openJobs({
      signal,
      host: config.HOST,
      port: config.JOBS_PORT,
      mysqlUrl: config.MYSQL_URL,
      redisUrl: config.REDIS_URL,
      stateRedisUrl: config.REDIS_STATE_URL,
      recommenderAddress: config.RECOMMENDER_ADDRESS,
      explainAddress: config.EXPLAIN_ADDRESS,
      tls: tlsOf(config),
      tlsServerName: config.TLS_SERVER_NAME,
      secret: config.STAFF_SECRET ?? config.JWT_SECRET,
      trustProxy: config.TRUST_PROXY,
      periods: { correctSeconds: config.CORRECT_EVERY_SECONDS, pagesSeconds: config.PAGES_EVERY_SECONDS },
      coverOrigins: config.COVER_ORIGINS,
      eventsKeepDays: config.EVENTS_KEEP_DAYS,
      leaseMs: config.LEASE_MS,
      gatewayUrls: config.GATEWAY_URLS,
      metricsUrls: config.METRICS_URLS,
      log,
    }),
  {
    onUnhandled: (err) => log.error({ err }, "unhandled"),
    inWords: (error) => mysqlInWords("MYSQL_URL", error),
  },
);
