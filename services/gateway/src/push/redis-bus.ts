import { channelOf, type Redis } from "@headline/redis";
import { createAdapter } from "@socket.io/redis-adapter";

interface Parts {
  readonly redis: Redis;
  /** A connection that listens; others may listen on it as well. */
  readonly subscriber: Redis;
  readonly onRedisError: (error: unknown) => void;
}

const KEY = "headline:push";
const REQUESTS_MS = 1_000;

/**
 * Carries what one gateway says to the sockets of all. The adapter lets go of the promises of what it sends, and subscribes
 * once, when it is made: here a Redis that is away costs what is said meanwhile and nothing else, and its return is enough.
 */
export function redisBus({ redis, subscriber, onRedisError }: Parts) {
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

/** Errors are heard where the clients were opened. */
const SILENT = { on: () => undefined, off: () => undefined, listenerCount: () => 2 };
