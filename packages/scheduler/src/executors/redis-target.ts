import type { RedisOptions as BullRedisOptions } from "bullmq";
import type { Redis, RedisOptions } from "ioredis";
import { optionalPeer } from "../core/optional-peer.js";
import { reconnectOnError, resendOnError } from "../redis-reply.js";
import { untilReady } from "../stores/redis/client.js";
import { redisAddress } from "../stores/server-url.js";
import { urlOption } from "../stores/url-option.js";

/** Address of Redis: a URL or the path of a socket, ioredis options, or a client whose options (never its connection) are used. */
export type RedisTarget = string | RedisOptions | Redis;

/** Connection options of BullMQ and `openRedis`: those of ioredis, and a `url` beside them. */
export type RedisConnectionOptions = BullRedisOptions;

/** Silence after which a connection counts as dead: twice the 10 s of a blocked command. */
const SILENCE_MS = 20_000;
const READY_WITHIN_MS = 5_000;

/**
 * Options for workers and listeners: a command waits for as long as Redis is away, as BullMQ demands of its blocking
 * connections, and a silent connection is replaced.
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

/** Options for the short commands of workers: as `patientConnection`, and a command that a replica refused is sent again after a failover. */
export function persistentConnection(target: RedisTarget): RedisConnectionOptions {
  return { ...patientConnection(target), reconnectOnError: resendOnError };
}

/** Options for calls: a command fails after about three seconds without Redis. */
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

/** Opens a client whose errors are those of the calls that fail. */
export function openRedis({ url, ...rest }: RedisConnectionOptions): Redis {
  const options = rest as RedisOptions & { replyMapping?: "legacy" };
  const { Redis: Client } = optionalPeer<typeof import("ioredis")>("ioredis", "BullMQ");
  const redis = url === undefined ? new Client(options) : new Client(url, options);
  redis.on("error", () => {});
  return redis;
}

/** Opens a client and waits until it takes commands; rejects with the cause: login, TLS, or an address without Redis. */
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

/** Limit of QUIT, ms. */
const QUIT_MS = 1_000;

/** Closes a client without waiting for a Redis that is away or silent. */
export async function closeRedis(redis: Redis): Promise<void> {
  if (redis.status !== "ready") {
    redis.disconnect();
    return;
  }
  const silent = setTimeout(() => redis.disconnect(), QUIT_MS);
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

/** Recognizes a client by its methods: it may be of another copy of ioredis. */
function isClient(target: RedisOptions | Redis): target is Redis {
  return "duplicate" in target && typeof target.duplicate === "function";
}

/** Backoff from 50 ms, doubling to one second, with jitter. */
function retryStrategy(tries: number): number {
  return Math.min(1_000, 25 * 2 ** tries) * (0.75 + Math.random() / 4);
}
