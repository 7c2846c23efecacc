import type { Overlap } from "@headline/scheduler";
import { checkedOverlap, checkKnown, checkNumbers, type OptionNames } from "@headline/scheduler/kit";

/** Policy of a task: queue, acknowledgement, limits, retries and overlap. */
export interface TaskDefinition {
  /** Passes `self` before the arguments. It is `this` in any case, for functions that are no arrows. */
  readonly bind?: boolean;
  /** Queue of calls that name none. */
  readonly queue?: string;
  /**
   * False (default): begun once at the most; a task whose worker died ends as FAILURE (WorkerLostError). True: begun at
   * least once, so again after such a death, up to `maxDeliveries`: what it does to the world must bear repeating.
   */
  readonly acksLate?: boolean;
  /** Starts of a late task whose workers keep dying. Default 5. */
  readonly maxDeliveries?: number;
  /** Time limit of a start, ms: its signal is aborted, and it ends as FAILURE (TimeLimitExceededError). */
  readonly timeoutMs?: number;
  /**
   * Soft time limit of a start, ms: its signal is aborted with a SoftTimeLimitExceededError, and it may clean up and even
   * succeed before `timeoutMs`, at which it is given up.
   */
  readonly softTimeoutMs?: number;
  /** Keeps no result. Over BullMQ its state is kept, and `get` returns null; with Celery's protocol neither is stored. Default false. */
  readonly ignoreResult?: boolean;
  /** Errors that are retried automatically: classes, names, or true for any. */
  readonly autoretryFor?: true | readonly (string | (new (...args: never[]) => Error))[];
  /** Retries at most. Default 3; null for no limit. */
  readonly maxRetries?: number | null;
  /** Seconds before a retry without `countdown`. Default 180, as in Celery. */
  readonly retryDelay?: number;
  /** Exponential backoff instead of `retryDelay`: true for 1, 2, 4, … seconds, a number for that many times as long. */
  readonly retryBackoff?: boolean | number;
  /** Longest backoff, seconds. Default 600. */
  readonly retryBackoffMax?: number;
  /** Full jitter: backoff waits anything from 0 to its time. Default true. */
  readonly retryJitter?: boolean;
  /**
   * A call that comes while another of this task runs, or waits to be retried, at any worker: "skip" ends it as REVOKED,
   * "queue-one" lets the latest one wait (those before it end as REVOKED), "cancel-other" also terminates what runs.
   * Without it calls do not know of each other.
   */
  readonly overlap?: Overlap;
  /** Celery's protocol: queue that a call is put into once it has failed for good, after its last retry. */
  readonly deadLetterQueue?: string;
  /** Rate of starts over all workers: "10/s", "100/m", "5/h". */
  readonly rateLimit?: string;
}

const PER_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000 };

/** Milliseconds between two starts under a rate limit. Throws a TypeError on one that cannot be read. */
export function intervalOf(rateLimit: string): number {
  const [, count, unit = "s"] = /^(\d+(?:\.\d+)?)(?:\/([smh]))?$/.exec(rateLimit.trim()) ?? [];
  if (!(Number(count) > 0)) throw new TypeError(`rateLimit: must be like "10/s", "100/m" or "5/h", is "${rateLimit}"`);
  return PER_MS[unit]! / Number(count);
}

const NAMES: OptionNames<TaskDefinition> = {
  bind: true,
  queue: true,
  acksLate: true,
  maxDeliveries: true,
  timeoutMs: true,
  softTimeoutMs: true,
  ignoreResult: true,
  autoretryFor: true,
  maxRetries: true,
  retryDelay: true,
  retryBackoff: true,
  retryBackoffMax: true,
  retryJitter: true,
  rateLimit: true,
  overlap: true,
  deadLetterQueue: true,
};

/** Throws on an option that no task has. */
export function checkDefinition(name: string, definition: TaskDefinition): void {
  checkKnown<TaskDefinition>(definition, NAMES, `task "${name}"`);
  checkNumbers<TaskDefinition>(
    definition,
    {
      maxDeliveries: "whole",
      timeoutMs: "whole",
      softTimeoutMs: "whole",
      retryDelay: "amount",
      retryBackoffMax: "amount",
      ...(definition.maxRetries === null ? {} : { maxRetries: "amount" }),
    },
    (field, reason) => new TypeError(`task "${name}": ${field}: ${reason}`),
  );
  if (definition.overlap !== undefined) checkedOverlap(definition.overlap, `task "${name}": overlap`);
}
