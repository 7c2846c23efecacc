import { clientTls, type ObserveCall } from "@headline/grpc";
import { type Mysql, openMysql } from "@headline/mysql";
import { connectRecommender, type Recommender } from "@headline/recommender";
import {
  cacheCommands,
  type NeededCommand,
  namingLogin,
  openRedis,
  type Redis,
  reportMissingRights,
  scriptCommands,
  waitForRedis,
} from "@headline/redis";
import type { CloseStack } from "@headline/service/lifecycle";
import { rateLimitedLog } from "@headline/service/log";
import type { ObserveDependency } from "@headline/service/metrics";
import { openTrackKeys } from "@headline/track-token";
import type { Budgets } from "./budgets.js";
import { type Events, openEvents } from "./events/open-events.js";
import { pageTokens } from "./feed/page-tokens.js";
import { tracedRecommender } from "./feed/traced-recommender.js";
import type { GatewayConfig } from "./gateway-config.js";
import type { Observation } from "./open-observation.js";

/** The gateway's ways to the others, each with its deadlines. */
export interface Links {
  readonly mysql: Mysql;
  readonly redis: Redis;
  readonly subscriber: Redis;
  readonly recommender: Recommender;
  readonly events: Events;
  readonly onRedisError: (error: unknown) => void;
}

/** Like those of the caches, the pages of a feed, static pages, limits and messages: what an ACL has to permit. */
const CACHE_COMMANDS: readonly NeededCommand[] = [
  ...["article", "article-content", "user", "user-statistics", "article-statistics"].flatMap(cacheCommands),
  ...scriptCommands("pages:{0}:0"),
  ["rpush", "pages:{0}:0", ""],
  ["lindex", "pages:{0}:0", "0"],
  ["expire", "pages:{0}:0", "1"],
  ["del", "pages:{0}:0"],
  ["hset", "{static-pages}:last", "a", "b"],
  ["hgetall", "{static-pages}:last"],
  ["set", "{channels}:last", ""],
  ...scriptCommands("headline:sign-in:0"),
  ["publish", "changes@0", ""],
  ["publish", "headline:push@0#/#", ""],
];

/** Connects to all of them; none has to be there. Whatever was opened is closed with `resources`. */
export async function openLinks(
  config: GatewayConfig,
  budgets: Budgets,
  observation: Observation,
  resources: CloseStack,
): Promise<Links> {
  const { mysqlUrl, redisUrl, stateRedisUrl = redisUrl, log } = config;
  const { dependency } = observation;
  const onRedisError = namingLogin("REDIS_URL", rateLimitedLog(log, "Redis", { everyMs: 1_000 }));
  const opened = (redis: Redis) => {
    resources.defer(() => redis.disconnect());
    return redis;
  };

  const mysql = resources.use(openMysql(mysqlUrl, { ...budgets.mysql, observe: dependency("mysql") }));
  const redis = opened(
    openRedis(redisUrl, {
      commandTimeoutMs: budgets.redisMs,
      onError: onRedisError,
      observe: dependency("redis"),
    }),
  );
  const subscriber = opened(
    openRedis(redisUrl, { subscriber: true, commandTimeoutMs: budgets.redisMs, onError: onRedisError }),
  );
  const recommender = connectedRecommender(config, observation, resources);
  const [events] = await Promise.all([
    openEvents({ mysqlUrl, redisUrl: stateRedisUrl, budgets, log, dependency }).then((open) => resources.use(open)),
    waitForRedis(redis),
    waitForRedis(subscriber),
  ]);
  await reportMissingRights({ redis, variable: "REDIS_URL", commands: CACHE_COMMANDS, log });
  return { mysql, redis, subscriber, recommender, events, onRedisError };
}

function connectedRecommender(config: GatewayConfig, observation: Observation, resources: CloseStack): Recommender {
  const connected =
    config.recommender ??
    connectRecommender({
      address: config.recommenderAddress,
      credentials: config.tls && clientTls(config.tls),
      serverName: config.tlsServerName,
      makeTokens: pageTokens(openTrackKeys(config.trackSecret, config.trackSecretPrevious)),
      observe: asCalls(observation.dependency("recommender")),
    });
  resources.use(connected);
  return observation.tracing === undefined ? connected : tracedRecommender(connected, observation.tracing);
}

function asCalls(observe: ObserveDependency): ObserveCall {
  return (method, code, ms) => observe(method, code === "OK" ? "ok" : code, ms);
}
