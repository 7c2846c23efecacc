import { mysqlInWords } from "@headline/mysql";
import {
  decimal,
  grpcTarget,
  host,
  httpUrl,
  integer,
  isLoopback,
  isWholeTls,
  listed,
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
import { PAGE_BUDGET_MS } from "./budgets.js";
import { writeRates } from "./http/write-limits.js";
import { openGateway } from "./open-gateway.js";

const Environment = z
  .object({
    PORT: port.default(3_000),
    HOST: host.default("0.0.0.0"),
    MYSQL_URL: mysqlUrl,
    REDIS_URL: redisUrl,
    /** The Redis that must not evict, where there is one for each duty. */
    REDIS_STATE_URL: redisUrl.optional(),
    RECOMMENDER_ADDRESS: grpcTarget.default("dns:///localhost:50051"),
    JWT_SECRET: secret.optional(),
    JWKS_URL: httpUrl.optional(),
    TRACK_SECRET: secret,
    /** While rotating: the secret before, until its tokens have expired. */
    TRACK_SECRET_PREVIOUS: secret.optional(),
    /** Time that a stopping gateway goes on serving, ms: longer than its balancer takes to notice /readyz. */
    GRACE_MS: integer(0, 60_000).default(200),
    /** Budget of an answer, ms; each dependency has a share of it (docs/architecture.md). */
    PAGE_BUDGET_MS: integer(100, 60_000).default(PAGE_BUDGET_MS),
    /** Time to pay an order, s. */
    ORDER_TIMEOUT_SECONDS: decimal(0.001, 86_400).default(1_800),
    PROMOTION_SLOTS_PER_DAY: integer(0, 100_000).default(20),
    /** From one address, whose users all count together; more of it where many sit behind one. */
    SIGN_UPS_PER_HOUR: integer(1, 1_000_000_000).default(30),
    /** Writes of a reader and of a network a minute: `off`, or those that differ from the usual: `articles=10/60`. */
    WRITES_PER_MINUTE: writeRates.optional(),
    /** Number of proxies in front, each of which appends its client to X-Forwarded-For. */
    TRUST_PROXY: integer(0, 10).default(0),
    /** Pages of other sites that may open sockets, separated by commas: `https://news.example`. */
    PUSH_ORIGINS: origins,
    /** Pages of other sites that may read answers and send requests, separated by commas. */
    CORS_ORIGINS: origins,
    /** Other sites whose covers the pages show, separated by commas. */
    COVER_ORIGINS: origins,
    /** `off` where a proxy in front compresses. */
    COMPRESS: z
      .string()
      .trim()
      .toLowerCase()
      .pipe(z.enum(["on", "off"]))
      .default("on"),
    /** Where metrics are read instead of at /metrics on PORT, which readers reach. */
    METRICS_PORT: port.optional(),
    /** A collector of OpenTelemetry, such as http://localhost:4318. */
    OTEL_EXPORTER_OTLP_ENDPOINT: httpUrl.optional(),
    /** Certificates for both ends of the way to the recommender; usually as TLS_CA_FILE and so on. */
    ...TLS_VARIABLES,
    /** Whom the recommender's certificate names, where RECOMMENDER_ADDRESS does not. */
    TLS_SERVER_NAME: z.string().optional(),
    LOG_LEVEL: logLevel.default("info"),
    /** Names of accounts with a password that visitors may know, separated by commas: the page names them. */
    DEMO_ACCOUNTS: z.string().default(""),
    /** Folders of files to serve, separated by colons. */
    ASSETS: z.string().default(""),
  })
  .refine(isWholeTls, WHOLE_TLS)
  .superRefine(
    refusePublished(["JWT_SECRET", "TRACK_SECRET", "TRACK_SECRET_PREVIOUS"], ({ HOST }) => !isLoopback(HOST)),
  )
  .refine((env) => env.JWT_SECRET !== undefined || env.JWKS_URL !== undefined, {
    path: ["JWT_SECRET"],
    error: "needed, unless JWKS_URL names the keys of a token issuer",
  });

const config = readConfig(Environment, process.env);
const log = createLog({ name: "gateway", level: config.LOG_LEVEL });

await runUntilSignal(
  () =>
    openGateway({
      host: config.HOST,
      port: config.PORT,
      mysqlUrl: config.MYSQL_URL,
      redisUrl: config.REDIS_URL,
      stateRedisUrl: config.REDIS_STATE_URL,
      recommenderAddress: config.RECOMMENDER_ADDRESS,
      tls: tlsOf(config),
      tlsServerName: config.TLS_SERVER_NAME,
      tokenKeys: config.JWKS_URL === undefined ? { secret: config.JWT_SECRET as string } : { jwksUrl: config.JWKS_URL },
      trackSecret: config.TRACK_SECRET,
      trackSecretPrevious: config.TRACK_SECRET_PREVIOUS,
      assets: listed(config.ASSETS, ":"),
      pageBudgetMs: config.PAGE_BUDGET_MS,
      graceMs: config.GRACE_MS,
      metricsPort: config.METRICS_PORT,
      otlpEndpoint: config.OTEL_EXPORTER_OTLP_ENDPOINT,
      push: { origins: config.PUSH_ORIGINS },
      corsOrigins: config.CORS_ORIGINS,
      coverOrigins: config.COVER_ORIGINS,
      compress: config.COMPRESS === "on",
      demoAccounts: listed(config.DEMO_ACCOUNTS, ","),
      signUpsPerHour: config.SIGN_UPS_PER_HOUR,
      writeRates: config.WRITES_PER_MINUTE,
      trustProxy: config.TRUST_PROXY,
      promotionTerms: {
        timeoutMs: config.ORDER_TIMEOUT_SECONDS * 1_000,
        slotsPerDay: config.PROMOTION_SLOTS_PER_DAY,
      },
      log,
    }),
  {
    onUnhandled: (err) => log.error({ err }, "unhandled"),
    inWords: (error) => mysqlInWords("MYSQL_URL", error),
  },
);
