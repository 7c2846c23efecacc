import type { Mysql } from "@headline/mysql";
import type { Redis } from "@headline/redis";
import { poll } from "@headline/service/timing";
import type { Change } from "./change.js";
import { pruneChanges } from "./prune-changes.js";
import { readChanges } from "./read-changes.js";
import { parseWake, wakeChannel } from "./wake-followers.js";

/** Source of a change: a Redis message of its writer, or the table, which has all of them. */
export type ChangeSource = "message" | "table";

interface Options {
  readonly mysql: Mysql;
  /** A connection of its own: it listens. Without one, or while it is away, changes come by polling alone. */
  readonly subscriber?: Redis;
  /**
   * Called with every change by the table at least once, possibly again, and not always in the order of the commits; before
   * that, as a rule, by a message.
   */
  readonly onChanges: (changes: readonly Change[], by: ChangeSource) => void | Promise<void>;
  readonly onError?: (error: unknown) => void;
  readonly pollMs?: number;
}

export interface ChangeFollower extends AsyncDisposable {
  /** Reads what MySQL has right now; resolves when it was handed on. */
  poll(): Promise<void>;
}

const PRUNE_EVERY_MS = 10 * 60 * 1_000;

/**
 * Follows what has changed from now on: MySQL's `changes` table is the truth and is read every second; Redis only makes
 * it faster. A snapshot read after this misses nothing, even if MySQL is away by now: once it is back, the follower finds
 * its place by when it was opened.
 */
export function followChanges(options: Options): ChangeFollower {
  const { mysql, subscriber, onChanges, onError = () => undefined, pollMs = 1_000 } = options;
  const stopped = new AbortController();
  const { signal } = stopped;
  const read = readChanges(mysql, (changes) => onChanges(changes, "table"));
  const polling = poll(read, { everyMs: pollMs, signal, onError, immediately: true });
  const pruning = poll(() => pruneChanges(mysql, signal), { everyMs: PRUNE_EVERY_MS, signal, onError });
  const stopListening = subscriber && listen(subscriber, async (change) => onChanges([change], "message"), onError);
  return {
    poll: read,
    [Symbol.asyncDispose]: async () => {
      stopped.abort();
      stopListening?.();
      await Promise.all([polling, pruning]);
    },
  };
}

/** Subscribes to `wakeFollowers`, again after each reconnect, until the returned function is called. */
function listen(
  subscriber: Redis,
  onChange: (change: Change) => Promise<void>,
  onError: (error: unknown) => void,
): () => void {
  const wakes = wakeChannel(subscriber);
  const onMessage = (channel: string, message: string) => {
    const change = channel === wakes ? parseWake(message) : undefined;
    if (change !== undefined) onChange(change).catch(onError);
  };
  const subscribe = () => void subscriber.subscribe(wakes).catch(onError);
  subscriber.on("message", onMessage);
  subscriber.on("ready", subscribe);
  if (subscriber.status === "ready") subscribe();
  return () => {
    subscriber.off("message", onMessage);
    subscriber.off("ready", subscribe);
  };
}
