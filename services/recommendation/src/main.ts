import { isWholeTls, readConfig, TLS_VARIABLES, tlsOf, WHOLE_TLS } from "@headline/config";
import { runUntilSignal } from "@headline/lifecycle";
import { createLog } from "@headline/observability";
import { z } from "zod";
import { openRecommendation } from "./open-recommendation.js";

const Environment = z
  .object({
    GRPC_PORT: z.coerce.number().int().min(0).max(65_535).default(50_051),
    /** Anything grpc-js can bind, such as unix:/run/recommender.sock; wins over GRPC_PORT. */
    GRPC_ADDRESS: z.string().optional(),
    MYSQL_URL: z.string(),
    REDIS_URL: z.string(),
    /** The Redis that must not evict, where there is one for each duty. */
    REDIS_STATE_URL: z.string().optional(),
    TRACK_SECRET: z.string().min(32),
    /** While rotating: the secret before, until its tokens have expired. */
    TRACK_SECRET_PREVIOUS: z.string().min(32).optional(),
    /** Where metrics are read, over HTTP; nowhere without it. */
    METRICS_PORT: z.coerce.number().int().min(0).max(65_535).optional(),
    METRICS_HOST: z.string().default("0.0.0.0"),
    /** A collector of OpenTelemetry, such as http://localhost:4318. */
    OTEL_EXPORTER_OTLP_ENDPOINT: z.url().optional(),
    /** Certificates for both ends of the way to the recommender; usually as TLS_CA_FILE and so on. */
    ...TLS_VARIABLES,
    LOG_LEVEL: z.string().default("info"),
  })
  .refine(isWholeTls, WHOLE_TLS);

const config = readConfig(Environment, process.env);
const log = createLog({ name: "recommendation", level: config.LOG_LEVEL });

await runUntilSignal(
  (signal) =>
    openRecommendation({
      signal,
      address: config.GRPC_ADDRESS ?? `0.0.0.0:${config.GRPC_PORT}`,
      tls: tlsOf(config),
      mysqlUrl: config.MYSQL_URL,
      redisUrl: config.REDIS_URL,
      stateRedisUrl: config.REDIS_STATE_URL,
      trackSecret: config.TRACK_SECRET,
      trackSecretPrevious: config.TRACK_SECRET_PREVIOUS,
      metricsPort: config.METRICS_PORT,
      metricsHost: config.METRICS_HOST,
      otlpEndpoint: config.OTEL_EXPORTER_OTLP_ENDPOINT,
      log,
    }),
  { onUnhandled: (err) => log.error({ err }, "unhandled") },
);
