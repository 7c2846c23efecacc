import type { Clock, Logger } from "@headline/scheduler";
import { deferred, thrownLine } from "@headline/scheduler/kit";
import type { AsyncMessage, Channel } from "rabbitmq-client";
import { fromAmqp } from "./amqp-message.js";
import type { ConsumeOptions, Consumer, Delivery } from "./transport.js";

interface AmqpConsumerOptions extends ConsumeOptions {
  readonly acquire: () => Promise<Channel>;
  readonly declare: (channel: Channel, queue: string) => Promise<unknown>;
  readonly clock: Clock;
  readonly logger: Logger;
}

const RETRY_MS = 250;

/** Takes messages from queues of RabbitMQ. A connection that is lost takes its messages with it: RabbitMQ delivers them again. */
export class AmqpConsumer implements Consumer {
  #channel: Channel | undefined;
  #isStopped = false;
  #lost = deferred();

  constructor(private readonly options: AmqpConsumerOptions) {
    void this.#keepConsuming();
  }

  wake(): void {} // RabbitMQ sends as many as the prefetch permits

  async stop(): Promise<void> {
    this.#isStopped = true;
    const channel = this.#channel;
    this.#lost.resolve();
    if (channel?.active !== true) return;
    for (const queue of this.options.queues) await channel.basicCancel({ consumerTag: queue }).catch(() => {}); // closing
  }

  async close(): Promise<void> {
    await this.stop();
    if (this.#channel?.active === true) await this.#channel.close().catch(() => {}); // the broker gives back what is left
  }

  async #keepConsuming(): Promise<void> {
    let lastError = "";
    while (!this.#isStopped) {
      try {
        this.#lost = deferred();
        await this.#consume(await this.options.acquire());
        lastError = "";
        await this.#lost.promise;
      } catch (error) {
        const line = thrownLine(error);
        if (line !== lastError && !this.#isStopped) this.options.logger.warn(`RabbitMQ gives no messages: ${line}`);
        lastError = line;
        await new Promise<void>((resolve) => this.options.clock.setTimer(RETRY_MS, resolve));
      }
    }
  }

  async #consume(channel: Channel): Promise<void> {
    this.#channel = channel;
    channel.on("error", () => {}); // its close follows
    channel.once("close", this.#lost.resolve);
    channel.once("basic.cancel", () => void channel.close().catch(() => {})); // the queue was deleted: declared again
    await channel.basicQos({ prefetchCount: this.options.prefetch });
    for (const queue of this.options.queues) {
      await this.options.declare(channel, queue);
      await channel.basicConsume({ queue, consumerTag: queue }, (message) =>
        this.options.onDelivery(this.#delivery(channel, queue, message)),
      );
    }
  }

  #delivery(channel: Channel, queue: string, message: AsyncMessage): Delivery {
    const { deliveryTag, redelivered = false } = message;
    const settle = (act: () => void): boolean => {
      if (!channel.active) return false;
      try {
        act();
        return true;
      } catch {
        return false; // the connection is gone: RabbitMQ delivers it again
      }
    };
    return {
      message: fromAmqp(message),
      queue,
      redelivered,
      isLost: () => !channel.active,
      ack: async () => settle(() => channel.basicAck({ deliveryTag })),
      requeue: async () => void settle(() => channel.basicNack({ deliveryTag, requeue: true })),
      postpone: async () => void settle(() => channel.basicNack({ deliveryTag, requeue: true })),
    };
  }
}
