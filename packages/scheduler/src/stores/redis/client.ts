import type { Cluster, Redis } from "ioredis";
import { optionalPeer } from "../../core/optional-peer.js";
import { reconnectOnError } from "../../redis-reply.js";
import { redisAddress } from "../server-url.js";
import { urlOption } from "../url-option.js";
import { redisFailure } from "./failure.js";

export type RedisClient = Redis | Cluster;

const RECONNECT_MIN_MS = 50;
const RECONNECT_MAX_MS = 1_000;
const COMMAND_MS = 1_000;

/**
 * A client of the store's own, which connects when the store is started. It fails at once while Redis is away, is back within a second of its return, notices a
 * half-open link, and never sends a command a second time by itself. ioredis is an optional peer, so it is only loaded here.
 */
export function openClient(url: string): Redis {
  const { Redis: Client } = optionalPeer<typeof import("ioredis")>("ioredis", "RedisJobStore");
  const client = new Client({
    ...urlOption("url", redisAddress, url),
    lazyConnect: true,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    commandTimeout: COMMAND_MS,
    connectTimeout: COMMAND_MS,
    disconnectTimeout: 100,
    socketTimeout: 1.5 * COMMAND_MS,
    keepAlive: 10_000,
    retryStrategy: reconnectAfterMs,
    reconnectOnError,
  });
  client.on("error", () => {}); // the calls that fail reject
  return client;
}

export function reconnectAfterMs(attempt: number): number {
  return Math.min(RECONNECT_MIN_MS * 2 ** Math.min(attempt, 10), RECONNECT_MAX_MS) * (0.75 + Math.random() / 4);
}

/** A connection that ends before it is ready, and gives no reason. */
const CLOSED = "the connection was closed before it was ready (a server with TLS needs rediss://)";

/**
 * Resolves when the client can take commands. Rejects, naming what is wrong, when it still cannot after `waitMs`, and at once
 * when the login is refused or TLS fails.
 */
export async function untilReady(client: RedisClient, waitMs: number): Promise<void> {
  if (client.status === "wait") client.connect().catch(() => {}); // it goes on trying
  if (client.status === "ready") return;
  await new Promise<void>((resolve, reject) => {
    let reason: string | undefined;
    const end = (settle: () => void) => {
      clearTimeout(timer);
      client.off("ready", onReady).off("error", onError).off("close", onClose);
      settle();
    };
    const onReady = () => end(resolve);
    const onClose = () => {
      reason ??= CLOSED;
    };
    const onError = (error: Error) => {
      const { kind, text } = redisFailure(error);
      reason = text;
      if (kind === "login" || kind === "tls") end(() => reject(new Error(text, { cause: error })));
    };
    const timer = setTimeout(() => {
      end(() => reject(new Error(`Redis was not ready within ${waitMs} ms: ${reason ?? "it does not answer"}`)));
    }, waitMs);
    client.on("ready", onReady).on("error", onError).on("close", onClose);
  });
}
