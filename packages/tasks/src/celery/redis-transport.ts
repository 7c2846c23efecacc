import type { Clock, Logger } from "@headline/scheduler";
import {
  closeRedis,
  openRedis,
  patientConnection,
  persistentConnection,
  promptConnection,
  type RedisTarget,
} from "@headline/scheduler/kit";
import type { Redis } from "ioredis";
import { RedisConsumer } from "./redis-consumer.js";
import { fromEnvelope, toEnvelope } from "./redis-envelope.js";
import { bindingOf, bindingsKey, boundQueues, fanoutChannel, listOf } from "./redis-keys.js";
import { TRANSPORT_SCRIPTS, type TransportScripts } from "./redis-scripts.js";
import type { ConsumeOptions, Consumer, Subscription, Transport } from "./transport.js";
import type { WireMessage } from "./wire-message.js";

interface RedisTransportOptions {
  readonly target: RedisTarget;
  /** `prompt` fails within seconds while Redis is away, for callers; `patient` waits until it is back, for workers. */
  readonly manner: "prompt" | "patient";
  readonly clock: Clock;
  readonly logger: Logger;
}

export type ScriptedRedis = Redis & TransportScripts;

/** Messages that a list of replies keeps, for a caller that is gone. */
const REPLY_SECONDS = 60;

/** kombu's transport over Redis: queues are lists, unacknowledged messages a hash and an index by time. */
export class RedisTransport implements Transport {
  #client: ScriptedRedis | undefined;
  /** Connections beside the first: of listeners, and of waits. */
  readonly #others = new Set<Redis>();
  readonly #declared = new Set<string>();
  #isClosed = false;

  constructor(private readonly options: RedisTransportOptions) {}

  async publish(queue: string, message: WireMessage): Promise<void> {
    const raw = toEnvelope(message, { exchange: "", routingKey: queue });
    await this.#declare(queue);
    await this.client.lpush(listOf(queue, message.properties.priority ?? 0), raw);
  }

  async publishLater(): Promise<boolean> {
    return false; // unacknowledged messages of a live worker have no time-out
  }

  broadcast(exchange: string, routingKey: string, message: WireMessage): Promise<number> {
    const channel = fanoutChannel(this.#db, exchange, routingKey);
    return this.client.publish(channel, toEnvelope(message, { exchange, routingKey }));
  }

  async reply(exchange: string, routingKey: string, message: WireMessage): Promise<void> {
    const queues = boundQueues(await this.client.smembers(bindingsKey(exchange)), routingKey);
    const raw = toEnvelope(message, { exchange, routingKey });
    for (const queue of queues) {
      await this.client.lpush(queue, raw);
      await this.client.expire(queue, REPLY_SECONDS);
    }
  }

  consume(options: ConsumeOptions): Consumer {
    const { clock, logger } = this.options;
    for (const queue of options.queues) void this.#declare(queue).catch(() => {}); // declared again by senders
    const openWaiter = () => this.#open();
    return new RedisConsumer({ ...options, client: this.client, openWaiter, clock, logger });
  }

  async subscribe(exchange: string, _queue: string, onMessage: (message: WireMessage) => void): Promise<Subscription> {
    const listener = this.#open();
    listener.on("message", (_channel, raw) => {
      const envelope = fromEnvelope(raw);
      if (envelope !== undefined) onMessage(envelope.message);
    });
    await listener.subscribe(fanoutChannel(this.#db, exchange, ""));
    return { close: async () => listener.disconnect() };
  }

  async replies(exchange: string, key: string, onMessage: (message: WireMessage) => void): Promise<Subscription> {
    const queue = `${key}.${exchange}`;
    const binding = bindingOf(key, queue);
    const reader = this.#open();
    await reader.sadd(bindingsKey(exchange), binding);
    let isClosed = false;
    const read = async () => {
      while (!isClosed) {
        const found = await reader.brpop(queue, 1).catch(() => null);
        const envelope = found === null ? undefined : fromEnvelope(found[1]);
        if (envelope !== undefined) onMessage(envelope.message);
      }
    };
    void read();
    return {
      close: async () => {
        isClosed = true;
        reader.disconnect();
        await this.client.srem(bindingsKey(exchange), binding);
        await this.client.del(queue);
      },
    };
  }

  async close(): Promise<void> {
    for (const other of this.#others) other.disconnect();
    this.#others.clear();
    if (this.#client !== undefined) await closeRedis(this.#client);
    this.#client = undefined;
    this.#isClosed = true;
  }

  get client(): ScriptedRedis {
    const { target, manner } = this.options;
    if (this.#client !== undefined) return this.#client;
    if (this.#isClosed && manner === "patient") throw new Error("the worker is closed");
    const connection = manner === "prompt" ? promptConnection(target) : persistentConnection(target);
    this.#client = openRedis({ ...connection, scripts: TRANSPORT_SCRIPTS } as never) as ScriptedRedis;
    return this.#client;
  }

  /** Opens a connection that may block or subscribe. */
  #open(): Redis {
    const redis = openRedis(patientConnection(this.options.target));
    this.#others.add(redis);
    redis.once("end", () => this.#others.delete(redis));
    return redis;
  }

  get #db(): number {
    return this.client.options.db ?? 0;
  }

  /** Binds a queue to the exchange of its name, as Celery does: Flower and `celery purge` look there. */
  async #declare(queue: string): Promise<void> {
    if (this.#declared.has(queue)) return;
    await this.client.sadd(bindingsKey(queue), bindingOf(queue, queue));
    this.#declared.add(queue);
  }
}
