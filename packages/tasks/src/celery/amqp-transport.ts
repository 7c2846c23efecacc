import { randomUUID } from "node:crypto";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Clock, Logger } from "@headline/scheduler";
import { deferred, optionalPeer, thrownLine } from "@headline/scheduler/kit";
import type { Channel, Connection } from "rabbitmq-client";
import { settledWithin } from "../core/settled-within.js";
import { AmqpConsumer } from "./amqp-consumer.js";
import { fromAmqp, toAmqp } from "./amqp-message.js";
import { delayQueue } from "./delay-queue.js";
import type { ConsumeOptions, Consumer, Subscription, Transport } from "./transport.js";
import { repeatable, type WireMessage } from "./wire-message.js";

/** Options of the queues that are declared. */
export interface QueueKind {
  /** "quorum" queues are replicated; RabbitMQ's own default is "classic". */
  readonly type: "classic" | "quorum";
  /** Highest priority of a classic queue; without it priorities are ignored. */
  readonly maxPriority: number | undefined;
}

interface AmqpTransportOptions {
  readonly url: string;
  /** `prompt` fails within seconds while RabbitMQ is away, for callers; `patient` waits until it is back, for workers. */
  readonly manner: "prompt" | "patient";
  readonly queues: QueueKind;
  readonly clock: Clock;
  readonly logger: Logger;
}

const PROMPT_MS = 3_000;
const CONNECT_MS = 2_000;
const HEARTBEAT_SECONDS = 20;
const RETRY_MS = { retryLow: 100, retryHigh: 1_000 };
/** Exchanges of Celery, by their type; messages of the first two are not kept. */
const EXCHANGES: Readonly<Record<string, { readonly type: string; readonly durable: boolean }>> = {
  "celery.pidbox": { type: "fanout", durable: false },
  "reply.celery.pidbox": { type: "direct", durable: false },
  celeryev: { type: "topic", durable: true },
};
const REPLY_TTL_MS = 60_000;
const MAILBOX_TTL_MS = 300_000;

/** kombu's transport over RabbitMQ: every message that must not be lost is confirmed by the broker. */
export class AmqpTransport implements Transport {
  #connection: Connection | undefined;
  #channel: Promise<Channel> | undefined;
  readonly #declared = new Set<string>();
  /** Ids of messages that no queue has taken. */
  readonly #returned = new Set<string>();
  #lastError = "";
  #closed = deferred();
  #isClosed = false;

  constructor(private readonly options: AmqpTransportOptions) {}

  async publish(queue: string, message: WireMessage): Promise<void> {
    await this.#send(async (channel, isRepeated) => {
      const copy = isRepeated ? repeatable(message) : message;
      if (await this.#routed(channel, queue, copy)) return;
      this.#declared.delete(`queue ${queue}`); // it was deleted since
      if (!(await this.#routed(channel, queue, copy))) throw new Error(`queue ${queue} was deleted`);
    });
  }

  async publishLater(queue: string, message: WireMessage, delayMs: number): Promise<boolean> {
    const delayed = delayQueue(queue, delayMs);
    if (delayed === undefined) return false;
    await this.#send(async (channel) => {
      await this.#declareQueue(channel, queue);
      await channel.queueDeclare(delayed);
      await channel.basicPublish({ routingKey: delayed.queue, ...toAmqp(message, { durable: true }) }, message.body);
    });
    return true;
  }

  async broadcast(exchange: string, routingKey: string, message: WireMessage): Promise<undefined> {
    await this.#publishTo(exchange, routingKey, message);
  }

  async reply(exchange: string, routingKey: string, message: WireMessage): Promise<void> {
    await this.#publishTo(exchange, routingKey, message);
  }

  consume(options: ConsumeOptions): Consumer {
    const { clock, logger } = this.options;
    const declare = (channel: Channel, queue: string) => channel.queueDeclare({ ...this.#queueOptions(), queue });
    const acquire = () => this.#open().acquire();
    return new AmqpConsumer({ ...options, acquire, declare, clock, logger });
  }

  subscribe(exchange: string, queue: string, onMessage: (message: WireMessage) => void): Promise<Subscription> {
    return this.#receive({ exchange, queue, routingKey: "", ttlMs: MAILBOX_TTL_MS, onMessage });
  }

  replies(exchange: string, key: string, onMessage: (message: WireMessage) => void): Promise<Subscription> {
    return this.#receive({ exchange, queue: `${key}.${exchange}`, routingKey: key, ttlMs: REPLY_TTL_MS, onMessage });
  }

  async close(): Promise<void> {
    const [connection, channel] = [this.#connection, this.#channel];
    this.#isClosed = true;
    this.#closed.resolve();
    this.#closed = deferred();
    this.#connection = undefined;
    this.#channel = undefined;
    if (connection === undefined) return;
    if (connection.ready) await settledWithin(closed(connection, channel), PROMPT_MS, this.options.clock);
    connection.unsafeDestroy();
  }

  /** Receives the messages of an exchange, in a queue that goes with the connection and is made again with it. */
  async #receive(mailbox: Mailbox): Promise<Subscription> {
    const { exchange, queue, routingKey, ttlMs, onMessage } = mailbox;
    const consumer = this.#open().createConsumer(
      {
        queue,
        noAck: true,
        queueOptions: { queue, exclusive: true, autoDelete: true, arguments: { "x-message-ttl": ttlMs } },
        exchanges: [{ exchange, ...exchangeOf(exchange) }],
        queueBindings: [{ exchange, queue, routingKey }],
      },
      (message) => onMessage(fromAmqp(message)),
    );
    consumer.on("error", (error) => this.#logOnce(error));
    const ready = new Promise<void>((resolve) => consumer.once("ready", resolve));
    await Promise.race([ready, this.#closed.promise]);
    return { close: () => settledWithin(consumer.close(), PROMPT_MS, this.options.clock) };
  }

  async #publishTo(exchange: string, routingKey: string, message: WireMessage): Promise<void> {
    await this.#send(async (channel) => {
      if (!this.#declared.has(exchange)) await channel.exchangeDeclare({ exchange, ...exchangeOf(exchange) });
      this.#declared.add(exchange);
      await channel.basicPublish({ exchange, routingKey, ...toAmqp(message, { durable: false }) }, message.body);
    });
  }

  /** Runs a step on the publishing channel. A patient one is tried again when the connection was lost. */
  async #send(step: (channel: Channel, isRepeated: boolean) => Promise<void>): Promise<void> {
    for (let tries = 0; ; tries++) {
      const opening = this.#channel ?? this.#openChannel();
      this.#channel = opening;
      try {
        await step(await opening, tries > 0);
        return;
      } catch (error) {
        await this.#forget(opening);
        if (this.options.manner === "prompt" || this.#isClosed || !isLost(error)) throw error;
        await new Promise<void>((resolve) => this.options.clock.setTimer(RETRY_MS.retryLow, resolve));
      }
    }
  }

  /** Forgets a publishing channel that is closed: the next step opens another one. */
  async #forget(opening: Promise<Channel>): Promise<void> {
    const channel = await opening.catch(() => undefined);
    if (channel?.active === true || this.#channel !== opening) return;
    this.#channel = undefined;
    this.#declared.clear();
  }

  async #openChannel(): Promise<Channel> {
    const channel = await this.#open().acquire();
    channel.on("error", (error) => this.#logOnce(error));
    channel.on("basic.return", ({ messageId }) => this.#returned.add(String(messageId)));
    await channel.confirmSelect();
    return channel;
  }

  /** Publishes to a queue; false when RabbitMQ has returned the message, which it does before it confirms it. */
  async #routed(channel: Channel, queue: string, message: WireMessage): Promise<boolean> {
    await this.#declareQueue(channel, queue);
    const properties = { ...toAmqp(message, { durable: true }), messageId: randomUUID() };
    await channel.basicPublish({ routingKey: queue, mandatory: true, ...properties }, message.body);
    await nextTurn(); // the client emits a return then, which has come before the confirmation
    return !this.#returned.delete(properties.messageId);
  }

  async #declareQueue(channel: Channel, queue: string): Promise<void> {
    if (this.#declared.has(`queue ${queue}`)) return;
    await channel.queueDeclare({ ...this.#queueOptions(), queue });
    this.#declared.add(`queue ${queue}`);
  }

  /** Options of a queue of tasks: Celery's own unless others are set, since RabbitMQ refuses a queue that is declared otherwise. */
  #queueOptions() {
    const { type, maxPriority } = this.options.queues;
    const declared = {
      ...(type === "quorum" ? { "x-queue-type": "quorum" as const } : {}),
      ...(maxPriority === undefined ? {} : { "x-max-priority": maxPriority }),
    };
    return { durable: true, arguments: declared };
  }

  #open(): Connection {
    if (this.#connection !== undefined) return this.#connection;
    if (this.#isClosed && this.options.manner === "patient") throw new Error("the worker is closed");
    const { Connection: Client } = optionalPeer<typeof import("rabbitmq-client")>("rabbitmq-client", "TaskApp");
    const acquireTimeout = this.options.manner === "prompt" ? PROMPT_MS : 2 ** 31 - 1;
    const connection = new Client({
      url: this.options.url,
      acquireTimeout,
      connectionTimeout: CONNECT_MS,
      heartbeat: HEARTBEAT_SECONDS,
      ...RETRY_MS,
    });
    connection.on("error", (error) => this.#logOnce(error));
    connection.on("connection", () => {
      this.#lastError = "";
    });
    this.#connection = connection;
    return connection;
  }

  #logOnce(error: unknown): void {
    const line = thrownLine(error);
    if (line === this.#lastError) return;
    this.#lastError = line;
    this.options.logger.warn(`RabbitMQ: ${line}`);
  }
}

interface Mailbox {
  readonly exchange: string;
  readonly queue: string;
  readonly routingKey: string;
  readonly ttlMs: number;
  readonly onMessage: (message: WireMessage) => void;
}

/** Closes a connection, which waits for its channels. */
async function closed(connection: Connection, channel: Promise<Channel> | undefined): Promise<void> {
  const open = await channel?.catch(() => undefined);
  if (open?.active === true) await open.close();
  await connection.close();
}

const REFUSALS =
  /^(PRECONDITION_FAILED|ACCESS_REFUSED|NOT_FOUND|NOT_ALLOWED|RESOURCE_LOCKED|RESOURCE_ERROR|INVALID_PATH)/;

/** Whether an error is that of a lost connection or channel, not a refusal of RabbitMQ or a fault of this program. */
function isLost(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return typeof code === "string" && !REFUSALS.test(code);
}

function exchangeOf(exchange: string): { readonly type: string; readonly durable: boolean } {
  return EXCHANGES[exchange] ?? { type: "direct", durable: false };
}
