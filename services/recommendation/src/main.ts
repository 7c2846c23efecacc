import { mysqlInWords } from "@headline/mysql";
import {
  grpcAddress,
  host,
  httpUrl,
  integer,
  isLoopback,
  isWholeTls,
  logLevel,
  mysqlUrl,
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
import { openRecommendation } from "./open-recommendation.js";

const Environment = z
  .object({
    GRPC_PORT: port.default(50_051),
    /** Anything grpc-js can bind, such as unix:/run/recommender.sock; wins over GRPC_PORT. */
    GRPC_ADDRESS: grpcAddress.optional(),
    /** Where feeds are explained to staff: an address that readers' services do not reach, or GRPC_ADDRESS itself. */
    EXPLAIN_ADDRESS: grpcAddress.optional(),
    /** Whether tools may ask which services and messages there are. */
    GRPC_REFLECTION: z.enum(["on", "off"]).default("on"),
    MYSQL_URL: mysqlUrl,
    REDIS_URL: redisUrl,
    /** The Redis that must not evict, where there is one for each duty. */
    REDIS_STATE_URL: redisUrl.optional(),
    /** Time limit for reading a reader's history, ms. */
    REDIS_TIMEOUT_MS: integer(10, 60_000).optional(),
    /** Time limit for optional facts about a reader (follows, blocks, seen), ms. */
    READER_TIMEOUT_MS: integer(10, 60_000).optional(),
    TRACK_SECRET: secret,
    /** While rotating: the secret before, until its tokens have expired. */
    TRACK_SECRET_PREVIOUS: secret.optional(),
    /** Where metrics are read, over HTTP; nowhere without it. */
    METRICS_PORT: port.optional(),
    METRICS_HOST: host.default("0.0.0.0"),
    /** A collector of OpenTelemetry, such as http://localhost:4318. */
    OTEL_EXPORTER_OTLP_ENDPOINT: httpUrl.optional(),
    /** Certificates for both ends of the way to the recommender; usually as TLS_CA_FILE and so on. */
    ...TLS_VARIABLES,
    LOG_LEVEL: logLevel.default("info"),
  })
  .superRefine(refusePublished(["TRACK_SECRET", "TRACK_SECRET_PREVIOUS"], ({ GRPC_ADDRESS }) => isOpen(GRPC_ADDRESS)))
  .refine(isWholeTls, WHOLE_TLS);

const config = readConfig(Environment, process.env);
const log = createLog({ name: "recommendation", level: config.LOG_LEVEL });

await runUntilSignal(
  (signal) =>
    openRecommendation({
      signal,
      address: config.GRPC_ADDRESS ?? `0.0.0.0:${config.GRPC_PORT}`,
      tls: tlsOf(config),
      explainAddress: config.EXPLAIN_ADDRESS,
      reflection: config.GRPC_REFLECTION === "on",
      mysqlUrl: config.MYSQL_URL,
      redisUrl: config.REDIS_URL,
      stateRedisUrl: config.REDIS_STATE_URL,
      ...(config.REDIS_TIMEOUT_MS !== undefined && { redisTimeoutMs: config.REDIS_TIMEOUT_MS }),
      ...(config.READER_TIMEOUT_MS !== undefined && { readerTimeoutMs: config.READER_TIMEOUT_MS }),
      trackSecret: config.TRACK_SECRET,
      trackSecretPrevious: config.TRACK_SECRET_PREVIOUS,
      metricsPort: config.METRICS_PORT,
      metricsHost: config.METRICS_HOST,
      otlpEndpoint: config.OTEL_EXPORTER_OTLP_ENDPOINT,
      log,
    }),
  {
    onUnhandled: (err) => log.error({ err }, "unhandled"),
    inWords: (error) => mysqlInWords("MYSQL_URL", error),
  },
);

/** Whether other machines reach the address: a unix socket and loopback they do not. */
function isOpen(address: string | undefined): boolean {
  return address === undefined || !(address.startsWith("unix:") || isLoopback(address.replace(/:\d+$/, "")));
}
