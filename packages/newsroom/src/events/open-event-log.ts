import type { Mysql } from "@headline/mysql";
import type { Redis } from "@headline/redis";
import { EventStream } from "./event-stream.js";
import { createGroupCommit } from "./group-commit.js";
import { insertEvents } from "./insert-events.js";
import type { TrackedEvent } from "./tracked-event.js";
import { wakeablePause } from "./wakeable-pause.js";

interface Options {
  readonly mysql: Mysql;
  /** Redis that may or may not be durable; it is asked. */
  readonly redis: Redis;
  /** Called when something waits in Redis to be landed. */
  readonly onWaiting?: () => void;
  readonly onError?: (error: unknown) => void;
}

export interface EventLog extends AsyncDisposable {
  /**
   * Resolves when all of `events` are durable, with which of them were new, as far as is known by then. Rejects when neither
   * Redis nor MySQL took them; some may be written all the same, and coming again does no harm.
   */
  append(events: readonly TrackedEvent[]): Promise<readonly boolean[]>;
  /** Where events go first at this moment. */
  readonly goesTo: "redis" | "mysql";
}

/** Validity of what is known about Redis's durability. */
const ASK_EVERY_MS = 5_000;
const ASK_AGAIN_MS = 250;
const EVENTS_PER_ENTRY = 100;

/** Where events become durable: in the stream of a Redis that keeps what it acknowledges, else in MySQL at once. */
export async function openEventLog(options: Options): Promise<EventLog> {
  const { mysql, redis, onWaiting = () => undefined, onError = () => undefined } = options;
  const stream = new EventStream(redis);
  const write = createGroupCommit((events) => insertEvents(mysql, events));
  const stopped = new AbortController();
  let isDurable = false;
  let isAnswered = false;
  const onLost = () => {
    isDurable = false; // it may come back as another one
  };
  const pause = wakeablePause(stopped.signal);
  redis.on("close", onLost);
  redis.on("ready", pause.wake);
  await ask();
  const asking = keepAsking();

  return {
    async append(events) {
      const parts: Promise<readonly boolean[]>[] = [];
      for (let from = 0; from < events.length; from += EVENTS_PER_ENTRY)
        parts.push(appendPart(events.slice(from, from + EVENTS_PER_ENTRY)));
      const settled = await Promise.allSettled(parts);
      return settled.flatMap((part) => {
        if (part.status === "rejected") throw part.reason;
        return part.value;
      });
    },
    get goesTo() {
      return isDurable ? "redis" : "mysql";
    },
    [Symbol.asyncDispose]: async () => {
      stopped.abort();
      redis.off("close", onLost);
      redis.off("ready", pause.wake);
      await asking;
    },
  };

  async function appendPart(events: readonly TrackedEvent[]): Promise<readonly boolean[]> {
    if (!isDurable) return write(events);
    try {
      const fresh = await stream.append(events);
      onWaiting();
      return fresh;
    } catch (error) {
      onError(error); // perhaps Redis took them: who lands them finds them in MySQL
      return write(events);
    }
  }

  async function ask(): Promise<void> {
    try {
      isAnswered = false;
      const answer = redis.status === "ready" && (await stream.isDurable());
      isDurable = answer && redis.status === "ready";
      isAnswered = true;
    } catch (error) {
      onError(error); // slow, or gone: `onLost` is called for the latter
    }
  }

  async function keepAsking(): Promise<void> {
    while (!stopped.signal.aborted) {
      await pause.forMs(isAnswered ? ASK_EVERY_MS : ASK_AGAIN_MS);
      if (!stopped.signal.aborted) await ask();
    }
  }
}
