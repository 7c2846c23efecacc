/** Shortest time that a message spends in a delay queue, ms; less is waited for in the worker. */
const SHORTEST_MS = 250;
/** Steps between the times of delay queues: each is twice the one before. */
const STEPS = 32;
/** Life of a delay queue that is not used, beyond its own time, ms. */
const UNUSED_MS = 600_000;
/** Longest life that RabbitMQ takes, ms. */
const LONGEST_MS = 2 ** 32 - 1;

/** Declaration of a queue that gives a message back to its queue after a time. */
export interface DelayQueue {
  readonly queue: string;
  readonly durable: true;
  readonly arguments: Readonly<Record<string, string | number>>;
}

/**
 * Returns the delay queue for a message: that of the longest time within its delay, after which the next one takes the rest.
 * All messages of a queue wait equally long, so that none is behind one that waits longer. Undefined when the rest is short.
 */
export function delayQueue(queue: string, delayMs: number): DelayQueue | undefined {
  const times = Array.from({ length: STEPS }, (_, step) => SHORTEST_MS * 2 ** step);
  const ttlMs = times.findLast((each) => each <= delayMs && each <= LONGEST_MS - UNUSED_MS);
  if (ttlMs === undefined) return undefined;
  return {
    queue: `${queue}.delay.${ttlMs}`,
    durable: true,
    arguments: {
      "x-message-ttl": ttlMs,
      "x-expires": ttlMs + UNUSED_MS,
      "x-dead-letter-exchange": "",
      "x-dead-letter-routing-key": queue,
    },
  };
}
