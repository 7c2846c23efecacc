import { randomUUID } from "node:crypto";
import type { Mysql } from "@headline/mysql";
import type { Redis } from "@headline/redis";
import { asRefusal } from "@headline/service/errors";
import { backoff, jitter } from "@headline/service/timing";
import { decodeEvent } from "./event-row.js";
import { EventStream, type StreamEntry, type StreamLag } from "./event-stream.js";
import { insertEvents } from "./insert-events.js";
import type { TrackedEvent } from "./tracked-event.js";
import { wakeablePause } from "./wakeable-pause.js";

interface Options {
  readonly mysql: Mysql;
  readonly redis: Redis;
  readonly onError?: (error: unknown) => void;
  /** Idle time after which another consumer reclaims its pending entries. */
  readonly takeOverAfterMs?: number;
}

export interface EventConsumer extends AsyncDisposable {
  /** Something waits: it need not find out by itself, which takes half a second. */
  wake(): void;
  /** Entries in Redis that are not persisted yet. */
  lag(): Promise<StreamLag>;
}

const ENTRIES_AT_ONCE = 128;
const EVENTS_AT_ONCE = 1_000;
const IDLE_MS = 500;
/** Entries that arrive within this time are persisted together. */
const GATHER_MS = 20;
const TAKE_OVER_EVERY_MS = 1_000;
const FORGET_EVERY_MS = 60_000;
const RETRY = { minMs: 100, maxMs: 1_000 };

interface Readable {
  readonly entry: StreamEntry;
  readonly events: readonly TrackedEvent[];
}

/**
 * Takes events from the stream into MySQL, and then out of the stream: at least once each, and once in effect. Any number of
 * consumers share the work; what one has taken and not landed, because it is dead, another takes over.
 */
export function openEventConsumer(options: Options): EventConsumer {
  const { mysql, redis, onError = () => undefined, takeOverAfterMs = 5_000 } = options;
  const stream = new EventStream(redis);
  const consumer = randomUUID();
  const stopped = new AbortController();
  const { signal } = stopped;
  let tookOverAtMs = Number.NEGATIVE_INFINITY;
  let forgotAtMs = performance.now();
  const pause = wakeablePause(signal);
  const landing = keepLanding();

  return {
    wake: pause.wake,
    lag: () => stream.lag(),
    [Symbol.asyncDispose]: async () => {
      stopped.abort();
      await landing;
      await stream.forgetConsumers(consumer).catch(onError);
    },
  };

  async function keepLanding(): Promise<void> {
    let failures = 0;
    while (!signal.aborted) {
      try {
        const entries = await next();
        await land(entries);
        failures = 0;
        if (entries.length === ENTRIES_AT_ONCE) continue;
        await pause.forMs(jitter(IDLE_MS, 0.25));
        await pause.inFull(GATHER_MS);
      } catch (error) {
        if (signal.aborted) return;
        onError(error);
        await pause.inFull(backoff(failures, RETRY));
        failures += 1;
      }
    }
  }

  async function next(): Promise<readonly StreamEntry[]> {
    const nowMs = performance.now();
    if (nowMs - forgotAtMs > FORGET_EVERY_MS) {
      forgotAtMs = nowMs;
      await stream.forgetConsumers("");
    }
    if (nowMs - tookOverAtMs > TAKE_OVER_EVERY_MS) {
      const left = await stream.takeOver(consumer, takeOverAfterMs, ENTRIES_AT_ONCE);
      if (left.length > 0) return left; // and there may be more of them
      tookOverAtMs = nowMs;
    }
    return stream.take(consumer, ENTRIES_AT_ONCE);
  }

  /** Holds what it took until it has landed, however long MySQL is away; meanwhile it takes no more. */
  async function land(entries: readonly StreamEntry[]): Promise<void> {
    const readable: Readable[] = [];
    for (const entry of entries) {
      const events = readEntry(entry);
      if (events === undefined) await stream.setAside(entry);
      else readable.push({ entry, events });
    }
    for (let failures = 0; readable.length > 0 && !signal.aborted; ) {
      try {
        await insert(readable);
        await stream.settle(readable.map(({ entry }) => entry));
        return;
      } catch (error) {
        onError(error);
        await pause.inFull(backoff(failures, RETRY));
        failures += 1;
      }
    }
  }

  async function insert(readable: readonly Readable[]): Promise<void> {
    try {
      const events = readable.flatMap((part) => part.events);
      for (let from = 0; from < events.length; from += EVENTS_AT_ONCE)
        await insertEvents(mysql, events.slice(from, from + EVENTS_AT_ONCE));
    } catch (error) {
      if (asRefusal(error) !== undefined) throw error;
      onError(error);
      await insertOneByOne(readable);
    }
  }

  /** MySQL answers, and does not take them all together: the one at fault must not hold up the others. */
  async function insertOneByOne(readable: readonly Readable[]): Promise<void> {
    for (const { entry, events } of readable) {
      try {
        await insertEvents(mysql, events);
      } catch (error) {
        if (asRefusal(error) !== undefined) throw error;
        onError(error);
        await stream.setAside(entry);
      }
    }
  }

  function readEntry({ body }: StreamEntry): readonly TrackedEvent[] | undefined {
    try {
      const rows: unknown = JSON.parse(body);
      if (!Array.isArray(rows)) throw new TypeError("an entry is an array of events");
      return rows.map(decodeEvent);
    } catch (error) {
      onError(error);
      return undefined;
    }
  }
}
