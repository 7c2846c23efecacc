import type { Clock } from "@headline/scheduler";
import { openRedis, type RedisConnectionOptions } from "@headline/scheduler/kit";
import type { Redis } from "ioredis";
import type { StoredResult } from "./results.js";
import { TaskTimeoutError } from "./task-errors.js";
import { isFinal } from "./task-state.js";

interface EndListenerOptions {
  /** Connection that waits while Redis is away. */
  readonly connection: RedisConnectionOptions;
  readonly clock: Clock;
}

interface Wait {
  readonly id: string;
  /** Channel on which the task's end is announced. */
  readonly channel: string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
  readonly read: () => Promise<StoredResult>;
}

/** Callers that wait for one message. */
interface Subscription {
  readonly listeners: Set<() => void>;
  readonly subscribed: Promise<unknown>;
}

/** Interval at which a waiting caller polls, should the message that announces the end be lost. */
const POLL_EVERY_MS = 1_000;

/** Waits for the ends of tasks, over one subscribing connection. Connects at the first wait. */
export class EndListener {
  #client: Redis | undefined;
  readonly #subscriptions = new Map<string, Subscription>();

  constructor(private readonly options: EndListenerOptions) {}

  /** Waits for the task's end and returns its outcome; polls on while Redis is away. */
  async waitFor({ id, channel, timeoutMs, signal, read }: Wait): Promise<StoredResult> {
    const { clock } = this.options;
    const endsAt = clock.monotonic() + timeoutMs;
    const ended = this.#subscribe(channel);
    const aborts = signal === undefined ? [] : [aborted(signal)];
    try {
      await this.#pause(ended.subscribed, Math.min(POLL_EVERY_MS, timeoutMs));
      for (;;) {
        signal?.throwIfAborted();
        const message = ended.next();
        const found = await read().catch(() => undefined); // polled again
        if (found !== undefined && isFinal(found.state)) return found;
        const leftMs = endsAt - clock.monotonic();
        if (leftMs <= 0) throw new TaskTimeoutError(id, timeoutMs);
        await this.#pause(Promise.race([message, ...aborts]), Math.min(POLL_EVERY_MS, leftMs));
      }
    } finally {
      ended.stop();
    }
  }

  close(): void {
    this.#client?.disconnect();
    this.#client = undefined;
  }

  /** Subscribes to the message that announces the task's end. */
  #subscribe(channel: string): { subscribed: Promise<unknown>; next: () => Promise<void>; stop: () => void } {
    const client = this.#open();
    const subscription: Subscription = this.#subscriptions.get(channel) ?? {
      listeners: new Set(),
      subscribed: client.subscribe(channel).catch(() => {}), // callers poll
    };
    this.#subscriptions.set(channel, subscription);
    let resolveNext = () => {};
    const listener = () => resolveNext();
    subscription.listeners.add(listener);
    return {
      subscribed: subscription.subscribed,
      next: () =>
        new Promise((resolve) => {
          resolveNext = resolve;
        }),
      stop: () => {
        subscription.listeners.delete(listener);
        if (subscription.listeners.size > 0) return;
        this.#subscriptions.delete(channel);
        void client.unsubscribe(channel).catch(() => {}); // closed connections have no subscriptions
      },
    };
  }

  #open(): Redis {
    if (this.#client !== undefined) return this.#client;
    const client = openRedis(this.options.connection);
    client.on("message", (channel) => {
      for (const notify of this.#subscriptions.get(channel)?.listeners ?? []) notify();
    });
    this.#client = client;
    return client;
  }

  /** Waits for a promise, at most for `atMostMs`. */
  async #pause(awaited: Promise<unknown>, atMostMs: number): Promise<void> {
    let timer: Disposable | undefined;
    const over = new Promise<void>((resolve) => {
      timer = this.options.clock.setTimer(atMostMs, resolve);
    });
    try {
      await Promise.race([awaited, over]);
    } finally {
      timer?.[Symbol.dispose]();
    }
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}
