import type { WireMessage } from "./wire-message.js";

/** Message taken from a queue, until it is acknowledged or given back. */
export interface Delivery {
  readonly message: WireMessage;
  readonly queue: string;
  /** Whether the connection is gone that it came over: it is delivered again, and cannot be acknowledged here. */
  isLost(): boolean;
  /** Delivered before, to a worker that died or gave it back. */
  readonly redelivered: boolean;
  /** Removes the message for good; false when it has gone to another worker meanwhile. */
  ack(): Promise<boolean>;
  /** Gives the message back to its queue, ahead of the others. */
  requeue(): Promise<void>;
  /** Gives the message back to its queue, behind the others. */
  postpone(): Promise<void>;
}

/** Options of a consumer. */
export interface ConsumeOptions {
  readonly queues: readonly string[];
  /** Messages that may be wanted now. The consumer takes no more than that. */
  readonly capacity: () => number;
  /** Messages that may be taken and not acknowledged, at most. */
  readonly prefetch: number;
  readonly onDelivery: (delivery: Delivery) => void;
  /** Receives what is no message at all; it is gone from its queue. */
  readonly onGarbage: (raw: string, queue: string) => void;
  /** Silence after which messages of a dead worker go back to their queues, ms. */
  readonly visibilityTimeoutMs: number;
}

/** Running consumer. */
export interface Consumer {
  /** Takes messages again, after capacity was freed. */
  wake(): void;
  /** Takes no more messages; those taken stay its own. */
  stop(): Promise<void>;
  close(): Promise<void>;
}

/** Subscription to a fanout exchange. */
export interface Subscription {
  close(): Promise<void>;
}

/** Broker with kombu's conventions. */
export interface Transport {
  /** Puts a message in a queue; resolves once the broker has it. */
  publish(queue: string, message: WireMessage): Promise<void>;
  /** Puts a message in a queue after a delay, or a part of it; false when this broker, or so short a delay, is left to workers. */
  publishLater(queue: string, message: WireMessage, delayMs: number): Promise<boolean>;
  /** Sends a message to the present subscribers of a fanout or topic exchange; returns their number where the broker says it. */
  broadcast(exchange: string, routingKey: string, message: WireMessage): Promise<number | undefined>;
  /** Sends a message to the queue that is bound to a direct exchange under this key. */
  reply(exchange: string, routingKey: string, message: WireMessage): Promise<void>;
  consume(options: ConsumeOptions): Consumer;
  /** Receives the messages of a fanout exchange, in a queue of this name. */
  subscribe(exchange: string, queue: string, onMessage: (message: WireMessage) => void): Promise<Subscription>;
  /** Receives the replies that are sent to a direct exchange under this key. */
  replies(exchange: string, key: string, onMessage: (message: WireMessage) => void): Promise<Subscription>;
  close(): Promise<void>;
}
