import type { Clock, Logger } from "@headline/scheduler";
import { deferred, thrownLine } from "@headline/scheduler/kit";
import type { Redis } from "ioredis";
import { fromEnvelope, redeliveredEnvelope } from "./redis-envelope.js";
import { bindingsKey, boundQueues, listsOf, queueOf, UNACKED, UNACKED_INDEX } from "./redis-keys.js";
import type { TransportScripts } from "./redis-scripts.js";
import type { ConsumeOptions, Consumer, Delivery } from "./transport.js";

interface RedisConsumerOptions extends ConsumeOptions {
  readonly client: Redis & TransportScripts;
  /** Opens a connection that may block. */
  readonly openWaiter: () => Redis;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Messages taken in one round trip, at most. */
const BATCH = 50;
/** Block of a wait for a push, seconds: lists of other priorities are looked into in between. */
const WAIT_SECONDS = 0.25;
const RETRY_MS = 500;
/** Share of the visibility timeout after which messages are renewed, and the longest interval, ms. */
const RENEWALS = 3;
const RENEW_AT_MOST_MS = 60_000;
const RENEW_BATCH = 1_000;
/** Messages of silent workers restored in one round. */
const RESTORE_BATCH = 100;

/** Takes messages from the lists of queues, keeps those taken visible to no other worker, and restores those of dead workers. */
export class RedisConsumer implements Consumer {
  readonly #waiters = new Map<string, Redis>();
  readonly #waits = new Map<string, Promise<void>>();
  readonly #tags = new Set<string>();
  readonly #ended: Promise<void>;
  #woken = deferred();
  #isStopped = false;
  #upkeep: Disposable | undefined;
  #lastError = "";
  #turn = 0;

  constructor(private readonly options: RedisConsumerOptions) {
    this.#ended = this.#take();
    this.#keepUp();
  }

  wake(): void {
    this.#woken.resolve();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.wake();
    for (const waiter of this.#waiters.values()) waiter.disconnect();
    if (this.options.client.status === "ready") await this.#ended;
  }

  async close(): Promise<void> {
    await this.stop();
    this.#upkeep?.[Symbol.dispose]();
    this.#upkeep = undefined;
    this.#tags.clear();
  }

  // ── taking ──────────────────────────────────────────────────────────────────────────────────────────────────────

  async #take(): Promise<void> {
    while (!this.#isStopped) {
      const capacity = Math.min(BATCH, this.options.capacity());
      try {
        if (capacity <= 0) await this.#wakened();
        else if ((await this.#takeSome(capacity)) === 0) await this.#pushed();
        this.#lastError = "";
      } catch (error) {
        this.#logOnce(error);
        if (!this.#isStopped) await this.#pause(RETRY_MS);
      }
    }
  }

  async #takeSome(capacity: number): Promise<number> {
    const { client, onGarbage } = this.options;
    const keys = [UNACKED, UNACKED_INDEX, ...listsOf(this.#queuesInTurn())];
    const taken = await client.kombuTake(keys.length, ...keys, capacity);
    for (let at = 0; at < taken.length; at += 3) {
      const [list, tag, raw] = taken.slice(at, at + 3) as [string, string, string];
      const envelope = tag === "" ? undefined : fromEnvelope(raw);
      if (tag !== "") this.#tags.add(tag);
      if (envelope !== undefined) this.options.onDelivery(this.#delivery(list, tag, raw, envelope));
      else {
        onGarbage(raw, queueOf(list));
        if (tag !== "") await this.#ack(tag);
      }
    }
    return taken.length / 3;
  }

  /** Queues, each of them first in its turn. */
  #queuesInTurn(): readonly string[] {
    const { queues } = this.options;
    const first = this.#turn++ % queues.length;
    return [...queues.slice(first), ...queues.slice(0, first)];
  }

  #delivery(list: string, tag: string, raw: string, envelope: NonNullable<ReturnType<typeof fromEnvelope>>): Delivery {
    const { client } = this.options;
    return {
      message: envelope.message,
      queue: queueOf(list),
      redelivered: envelope.redelivered,
      isLost: () => false,
      ack: () => this.#ack(tag),
      requeue: async () => {
        await client.kombuRequeue(UNACKED, UNACKED_INDEX, list, tag, redeliveredEnvelope(raw), "RPUSH");
        this.#tags.delete(tag);
      },
      postpone: async () => {
        await client.kombuRequeue(UNACKED, UNACKED_INDEX, list, tag, raw, "LPUSH");
        this.#tags.delete(tag);
      },
    };
  }

  async #ack(tag: string): Promise<boolean> {
    const removed = await this.options.client.kombuAck(UNACKED, UNACKED_INDEX, tag);
    this.#tags.delete(tag);
    return removed === 1;
  }

  async #wakened(): Promise<void> {
    await this.#woken.promise;
    this.#woken = deferred();
  }

  /** Resolves when a message was pushed, or after a while. */
  async #pushed(): Promise<void> {
    await Promise.race(this.options.queues.map((queue) => this.#pushedTo(queue)));
  }

  /** Waits for a push by moving the last message of a list to where it is: every waiting worker wakes, and none has it yet. */
  #pushedTo(queue: string): Promise<void> {
    const waiting = this.#waits.get(queue);
    if (waiting !== undefined) return waiting;
    const wait = this.#waiter(queue)
      .blmove(queue, queue, "RIGHT", "RIGHT", WAIT_SECONDS)
      .then(() => {})
      .finally(() => this.#waits.delete(queue));
    wait.catch(() => {}); // its round has ended
    this.#waits.set(queue, wait);
    return wait;
  }

  #waiter(queue: string): Redis {
    const waiter = this.#waiters.get(queue) ?? this.options.openWaiter();
    this.#waiters.set(queue, waiter);
    return waiter;
  }

  // ── upkeep ──────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Renews the messages of this worker, and restores those of dead ones, several times within the visibility timeout. */
  #keepUp(): void {
    const everyMs = Math.min(RENEW_AT_MOST_MS, this.options.visibilityTimeoutMs / RENEWALS);
    const again = () => {
      this.#upkeep = this.options.clock.setTimer(everyMs, () => {
        void this.#renew()
          .then(() => this.#restore())
          .catch((error: unknown) => this.#logOnce(error))
          .then(() => {
            if (this.#upkeep !== undefined) again();
          });
      });
    };
    again();
  }

  async #renew(): Promise<void> {
    const tags = [...this.#tags];
    for (let at = 0; at < tags.length; at += RENEW_BATCH)
      await this.options.client.kombuRenew(UNACKED_INDEX, ...tags.slice(at, at + RENEW_BATCH));
  }

  /** Puts messages of silent workers back in front of their queues. */
  async #restore(): Promise<void> {
    const { client, visibilityTimeoutMs } = this.options;
    const found = await client.kombuSilent(UNACKED, UNACKED_INDEX, visibilityTimeoutMs / 1_000, RESTORE_BATCH);
    for (let at = 0; at < found.length; at += 2) {
      const [tag, entry] = [found[at]!, found[at + 1]!];
      const [message, exchange, routingKey] = JSON.parse(entry) as [unknown, string, string];
      const queues = await this.#routed(exchange, routingKey);
      for (const queue of queues)
        await client.kombuRequeue(
          UNACKED,
          UNACKED_INDEX,
          queue,
          tag,
          redeliveredEnvelope(JSON.stringify(message)),
          "RPUSH",
        );
    }
  }

  async #routed(exchange: string, routingKey: string): Promise<readonly string[]> {
    if (exchange === "") return [routingKey];
    const queues = boundQueues(await this.options.client.smembers(bindingsKey(exchange)), routingKey);
    return queues.length === 0 ? [routingKey] : queues.slice(0, 1);
  }

  #logOnce(error: unknown): void {
    const line = thrownLine(error);
    if (line === this.#lastError || this.#isStopped) return;
    this.#lastError = line;
    this.options.logger.warn(`Messages cannot be taken from Redis: ${line}; tried again every ${RETRY_MS} ms`);
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => this.options.clock.setTimer(ms, resolve));
  }
}
