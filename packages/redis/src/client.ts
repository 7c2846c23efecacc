import { redisAddress } from "@headline/service/config";
import { backoff, deadline, poll } from "@headline/service/timing";
import { Redis as Client } from "ioredis";
import { isMovedOnReply } from "./failure.js";
import { type ObserveRedis, observeCommands } from "./observe.js";

export type Redis = Client;

export interface RedisOptions {
  /** Limit for one command, its reply included. A command that timed out may still have run. */
  readonly commandTimeoutMs?: number;
  /** Whether the connection only listens; no command timeouts apply between messages. */
  readonly subscriber?: boolean;
  readonly onError?: (error: Error) => void;
  readonly observe?: ObserveRedis | undefined;
}

const RECONNECT = { minMs: 50, maxMs: 1_000 };
/** Interval of an idle subscriber's pings: a half-open link is detected within two of them. */
const SUBSCRIBER_PING_MS = 1_000;

/**
 * Opens a Redis client that fails at once when Redis is away and is back within a second of its return, half-open links
 * included. With ioredis's defaults a call waits 73 s, a lost INCR is sent twice, and a half-open link stays dead
 * (docs/decisions/0006-clients-that-heal.md). Nothing is queued while the link is down.
 */
export function openRedis(url: string, options: RedisOptions = {}): Redis {
  const { commandTimeoutMs = 100, subscriber = false, onError = () => undefined } = options;
  const client = new Client({
    ...redisAddress(url),
    enableOfflineQueue: false,
    enableAutoPipelining: !subscriber,
    maxRetriesPerRequest: 0,
    commandTimeout: commandTimeoutMs,
    connectTimeout: 500,
    disconnectTimeout: 100,
    socketTimeout: 5 * commandTimeoutMs,
    keepAlive: 10_000,
    retryStrategy: (attempt) => backoff(attempt, RECONNECT),
    reconnectOnError: (error) => (isMovedOnReply(error) ? 1 : false),
    autoResubscribe: true,
  });
  client.on("error", onError);
  if (options.observe !== undefined) observeCommands(client, options.observe);
  handleOwnCommands(client);
  if (subscriber) keepListening(client);
  return client;
}

/** Commands that ioredis sends by itself after a reconnect without handling their rejection, which would be an unhandled one. */
const OWN_COMMANDS = ["select", "subscribe", "psubscribe", "ssubscribe"] as const;

/** Marks the rejections of those commands as handled; a caller that awaits one still gets its rejection. */
function handleOwnCommands(client: Client): void {
  for (const name of OWN_COMMANDS) {
    const command = (client[name] as (...args: unknown[]) => Promise<unknown>).bind(client);
    const handled = (...args: unknown[]) => {
      const reply = command(...args);
      reply.catch(() => undefined); // the socket timeout reconnects, and they are sent again
      return reply;
    };
    Object.assign(client, { [name]: handled });
  }
}

/** The name of a channel for this client's database: channels, unlike keys, are the same in every database of a Redis. */
export function channelOf(redis: Redis, name: string): string {
  return `${name}@${redis.options.db ?? 0}`;
}

/** Resolves with whether Redis is ready, after `timeoutMs` at the latest, so that a service starts without it. */
export async function waitForRedis(redis: Redis, timeoutMs = 2_000): Promise<boolean> {
  if (redis.status === "ready") return true;
  const ready = new Promise<true>((resolve) => redis.once("ready", () => resolve(true)));
  return deadline(ready, timeoutMs).catch(() => false);
}

/** A subscriber sends nothing, so nothing would time out on a half-open link: it pings, and a missing pong reconnects. */
function keepListening(client: Client): void {
  const ended = new AbortController();
  client.once("end", () => ended.abort());
  const ping = () => (client.status === "ready" ? client.ping() : undefined);
  const onError = () => undefined; // the socket timeout reconnects
  void poll(ping, { everyMs: SUBSCRIBER_PING_MS, signal: ended.signal, onError, ref: false });
}
