import { openMysql } from "@headline/mysql";
import { type EventConsumer, type EventLog, openEventConsumer, openEventLog } from "@headline/newsroom/events";
import {
  type NeededCommand,
  namingLogin,
  openRedis,
  reportMissingRights,
  scriptCommands,
  waitForRedis,
} from "@headline/redis";
import { CloseStack } from "@headline/service/lifecycle";
import { type Log, rateLimitedLog } from "@headline/service/log";
import type { ObserveDependency } from "@headline/service/metrics";
import type { Budgets } from "../budgets.js";

interface Options {
  readonly mysqlUrl: string;
  /** Whether it may hold events until they have landed is asked of it; it has to keep what it acknowledges. */
  readonly redisUrl: string;
  readonly budgets: Budgets;
  readonly log: Log;
  /** Looks on at a dependency, by its name. */
  readonly dependency?: ((name: string) => ObserveDependency) | undefined;
}

export interface Events extends AsyncDisposable {
  readonly log: EventLog;
  readonly consumer: EventConsumer;
}

const APPENDING_CONNECTIONS_MAX = 2;
/** Timeouts of writes in the background. */
const LANDING = { connectionsMax: 1, acquireTimeoutMs: 1_000, statementTimeoutMs: 3_000, transactionTimeoutMs: 5_000 };
/** Like those of the stream of events: what an ACL has to permit. */
const EVENT_COMMANDS: readonly NeededCommand[] = [
  ["xadd", "events:{log}", "*", "a", "b"],
  ["xreadgroup", "group", "a", "b", "streams", "events:{log}", ">"],
  ["xautoclaim", "events:{log}", "a", "b", "0", "0-0"],
  ["xgroup", "create", "events:{log}", "a", "0"],
  ["xinfo", "groups", "events:{log}"],
  ["xlen", "events:{log}"],
  ["xack", "events:{log}", "a", "0-0"],
  ["xdel", "events:{log}", "0-0"],
  ["sadd", "events:{log}:seen:0", "a"],
  ["info", "server"],
  ["time"],
  ...scriptCommands("events:{log}"),
];
const EACH_SECOND = { everyMs: 1_000 };

/** Opens the event log and the consumer that persists events in MySQL, on connections of their own. */
export async function openEvents({ mysqlUrl, redisUrl, budgets, log, dependency }: Options): Promise<Events> {
  const resources = new CloseStack();
  try {
    const onRedisError = namingLogin(
      "REDIS_STATE_URL or REDIS_URL",
      rateLimitedLog(log, "the Redis of events", EACH_SECOND),
    );
    const redis = openRedis(redisUrl, {
      commandTimeoutMs: budgets.redisMs,
      onError: onRedisError,
      observe: dependency?.("redis-events"),
    });
    resources.defer(() => redis.disconnect());
    const observe = dependency?.("mysql-events");
    const mysql = resources.use(
      openMysql(mysqlUrl, { ...budgets.appending, connectionsMax: APPENDING_CONNECTIONS_MAX, observe }),
    );
    const landingMysql = resources.use(openMysql(mysqlUrl, { ...LANDING, observe }));
    await waitForRedis(redis);
    await reportMissingRights({ redis, variable: "REDIS_STATE_URL or REDIS_URL", commands: EVENT_COMMANDS, log });
    const consumer = resources.use(
      openEventConsumer({
        mysql: landingMysql,
        redis,
        onError: rateLimitedLog(log, "events do not land", EACH_SECOND),
      }),
    );
    const eventLog = resources.use(
      await openEventLog({ mysql, redis, onWaiting: consumer.wake, onError: onRedisError }),
    );
    log.info({ events_go_to: eventLog.goesTo }, "events are kept");
    return { log: eventLog, consumer, [Symbol.asyncDispose]: () => resources.close() };
  } catch (error) {
    await resources.close();
    throw error;
  }
}
