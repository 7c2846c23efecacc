import type { RedisOptions as BullRedisOptions } from "bullmq";
import type { Redis, RedisOptions } from "ioredis";
import { optionalPeer } from "../core/optional-peer.js";
import { reconnectOnError, resendOnError } from "../redis-reply.js";
import { untilReady } from "../stores/redis/client.js";
import { redisAddress } from "../stores/server-url.js";
import { urlOption } from "../stores/url-option.js";

/** How Redis is named: a URL or the path of a socket, ioredis options, or a client whose options (never its connection) are used. */
export type RedisTarget = string | RedisOptions | Redis;

/** What BullMQ and `openRedis` connect with: ioredis options, and a `url` beside them. */
export type RedisConnectionOptions = BullRedisOptions;

/** A blocked command says nothing for up to 10 s; twice that without a byte means that the other end is gone. */
const SILENCE_MS = 20_000;
const READY_WITHIN_MS = 5_000;

/**
 * For those that live long and wait: workers, and whoever listens. A command waits for as long as Redis is away, which
 * is what BullMQ demands of its blocking connections, and a link that has gone silent is torn down and made anew.
 */
export function patientConnection(target: RedisTarget): RedisConnectionOptions {
  return {
    ...optionsOf(target),
    maxRetriesPerRequest: null,
    enableOfflineQueue: true,
    commandTimeout: undefined,
    socketTimeout: SILENCE_MS,
    lazyConnect: false,
    retryStrategy,
    reconnectOnError,
  };
}

/** As `patientConnection`, for the short commands of who runs tasks: they wait for the new primary, too, after a failover. */
export function persistentConnection(target: RedisTarget): RedisConnectionOptions {
  return { ...patientConnection(target), reconnectOnError: resendOnError };
}

/** For those whose caller waits: a command fails after about three seconds without Redis instead of hanging. */
export function promptConnection(target: RedisTarget): RedisConnectionOptions {
  return {
    ...optionsOf(target),
    maxRetriesPerRequest: 6,
    enableOfflineQueue: true,
    commandTimeout: 5_000,
    socketTimeout: 5_000,
    connectTimeout: 2_000,
    lazyConnect: false,
    retryStrategy,
    reconnectOnError,
  };
}

/** A client of our own. Its errors are told by the calls that fail. */
export function openRedis({ url, ...rest }: RedisConnectionOptions): Redis {
  const options = rest as RedisOptions & { replyMapping?: "legacy" };
  const { Redis: Client } = optionalPeer<typeof import("ioredis")>("ioredis", "BullMQ");
  const redis = url === undefined ? new Client(options) : new Client(url, options);
  redis.on("error", () => {});
  return redis;
}

/** As `openRedis`, once it takes commands. Rejects with what is wrong: the login, TLS, or nothing there. */
export async function readyRedis(options: RedisConnectionOptions): Promise<Redis> {
  const redis = openRedis(options);
  try {
    await untilReady(redis, READY_WITHIN_MS);
    return redis;
  } catch (error) {
    redis.disconnect();
    throw error;
  }
}

/** How long Redis may take to say goodbye. */
const GOODBYE_MS = 1_000;

/** Ends a client without waiting for a Redis that is away, or that has gone silent. */
export async function closeRedis(redis: Redis): Promise<void> {
  if (redis.status !== "ready") {
    redis.disconnect();
    return;
  }
  const silent = setTimeout(() => redis.disconnect(), GOODBYE_MS);
  await redis.quit().catch(() => redis.disconnect());
  clearTimeout(silent);
}

function optionsOf(target: RedisTarget): RedisConnectionOptions {
  if (typeof target === "string") return { ...urlOption("connection", redisAddress, target), disconnectTimeout: 100 };
  const { keyPrefix, scripts: _scripts, ...options } = isClient(target) ? target.options : target;
  if (keyPrefix !== undefined && keyPrefix !== "") {
    throw new TypeError("connection: BullMQ's scripts cannot work under an ioredis keyPrefix; give `prefix` instead");
  }
  return { disconnectTimeout: 100, ...options } as RedisConnectionOptions; // the two disagree only on `undefined`
}

/** By its methods: it may be of another copy of ioredis. */
function isClient(target: RedisOptions | Redis): target is Redis {
  return "duplicate" in target && typeof target.duplicate === "function";
}

/** 50 ms, doubling to one second, with a little chance so that a fleet does not come back in step. */
function retryStrategy(tries: number): number {
  return Math.min(1_000, 25 * 2 ** tries) * (0.75 + Math.random() / 4);
}
