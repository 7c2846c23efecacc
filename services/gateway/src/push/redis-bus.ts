import { channelOf, type Redis } from "@headline/redis";
import { createAdapter } from "@socket.io/redis-adapter";

interface BusDeps {
  readonly redis: Redis;
  /** A connection that listens; others may listen on it as well. */
  readonly subscriber: Redis;
  readonly onRedisError: (error: unknown) => void;
}

const KEY = "headline:push";
const REQUESTS_MS = 1_000;

/**
 * Broadcasts events to the sockets of all gateways over Redis. The adapter ignores the promises of its sends, and subscribes
 * once, when it is made: here an outage of Redis loses the events sent meanwhile, and subscriptions return with it.
 */
export function redisBus({ redis, subscriber, onRedisError }: BusDeps) {
  const patterns = new Set<string>();
  const channels = new Set<string>();
  const listen = () => {
    if (patterns.size > 0) void subscriber.psubscribe(...patterns).catch(onRedisError);
    if (channels.size > 0) void subscriber.subscribe(...channels).catch(onRedisError);
  };
  const listenNow = () => {
    if (subscriber.status === "ready") listen();
  };
  subscriber.on("ready", listen);
  const sending = {
    publish: (channel: string, message: string | Buffer) => void redis.publish(channel, message).catch(onRedisError),
    ...SILENT,
  };
  const hearing = {
    ...SILENT,
    on: (event: string, listener: (...args: unknown[]) => void) => {
      if (event !== "error") subscriber.on(event, listener);
    },
    off: (event: string, listener: (...args: unknown[]) => void) => void subscriber.off(event, listener),
    psubscribe: (pattern: string) => {
      patterns.add(pattern);
      listenNow();
    },
    subscribe: (names: readonly string[]) => {
      for (const name of names) channels.add(name);
      listenNow();
    },
    punsubscribe: () => {
      subscriber.off("ready", listen);
      patterns.clear();
    },
    unsubscribe: () => channels.clear(),
  };
  return createAdapter(sending, hearing, { key: channelOf(redis, KEY), requestsTimeout: REQUESTS_MS });
}

/** Errors are handled where the clients are opened. */
const SILENT = { on: () => undefined, off: () => undefined, listenerCount: () => 2 };
