import type { Overlap } from "@headline/scheduler";
import { checkedOverlap, checkKnown, checkNumbers, type OptionNames } from "@headline/scheduler/kit";
import type { ApplyOptions, Signature } from "./apply-options.js";
import type { AsyncResult } from "./async-result.js";
import type { BoundTask } from "./bound-task.js";

/** How a task is to be run, wherever it is. */
export interface TaskDefinition {
  /** The body gets `self` before its arguments. It is `this` in any case, for functions that are no arrows. */
  readonly bind?: boolean;
  /** Where calls go that do not say. */
  readonly queue?: string;
  /**
   * False (default): begun once at the most; a task whose worker died ends as FAILURE (WorkerLostError). True: begun at
   * least once, so again after such a death, up to `maxDeliveries`: what it does to the world must bear repeating.
   */
  readonly acksLate?: boolean;
  /** Starts of a late task whose workers keep dying. Default 5. */
  readonly maxDeliveries?: number;
  /** Its signal is aborted then, and it ends as FAILURE (TimeLimitExceededError). */
  readonly timeoutMs?: number;
  /** Errors after which it is retried by itself: classes, names, or true for any. */
  readonly autoretryFor?: true | readonly (string | (new (...args: never[]) => Error))[];
  /** Default 3; null for ever. */
  readonly maxRetries?: number | null;
  /** Seconds before a retry that does not say. Default 180, as in Celery. */
  readonly retryDelay?: number;
  /** 1, 2, 4, … seconds instead, or that many times as long. */
  readonly retryBackoff?: boolean | number;
  /** Seconds that backoff does not exceed. Default 600. */
  readonly retryBackoffMax?: number;
  /** Backoff waits anything between nothing and its time, so that failures do not come back in step. Default true. */
  readonly retryJitter?: boolean;
  /**
   * A call that comes while another of this task runs, or waits to be retried, at any worker: "skip" ends it as REVOKED,
   * "queue-one" lets the latest one wait (those before it end as REVOKED), "cancel-other" also terminates what runs.
   * Without it calls do not know of each other.
   */
  readonly overlap?: Overlap;
  /** Starts over all workers: "10/s", "100/m", "5/h". */
  readonly rateLimit?: string;
}

// biome-ignore lint/suspicious/noExplicitAny: a task names the types of its own arguments
export type TaskArguments = any[];

/** Options of a call, of which those of a task that needs arguments give them. */
export type CallOptions<Args extends TaskArguments> = [] extends Args
  ? [options?: OptionsOf<Args>]
  : [options: OptionsOf<Args>];

/** `kwargs` is the last argument, after all of `args`. */
type OptionsOf<Args extends TaskArguments> = number extends Args["length"]
  ? ApplyOptions
  : Omit<ApplyOptions, "args" | "kwargs"> & (ArgsOnly<Args> | ArgsAndKwargs<Required<Args>>);

type ArgsOnly<Args extends TaskArguments> = ([] extends Args
  ? { readonly args?: Readonly<Args> }
  : { readonly args: Readonly<Args> }) & {
  readonly kwargs?: never;
};

type ArgsAndKwargs<Args extends TaskArguments> = Args extends [...infer Before, infer Last]
  ? (Before extends [] ? { readonly args?: Readonly<Before> } : { readonly args: Readonly<Before> }) & {
      readonly kwargs: Last;
    }
  : never;

/** A registered task: call it, and it runs here; `delay` it, and a worker runs it. */
export interface Task<Args extends TaskArguments = TaskArguments, Result = unknown> {
  /** Runs the body here and now. */
  (...args: Args): Promise<Result>;
  readonly taskName: string;
  readonly definition: TaskDefinition;
  /** Sends it to a worker with these arguments. */
  delay(...args: Args): Promise<AsyncResult<Result>>;
  /** Sends it, with a say in when and how. */
  applyAsync(...options: CallOptions<Args>): Promise<AsyncResult<Result>>;
  /** The call as a value, for `chain` and `group`; a chain puts the result before it in front of these arguments. */
  s(...args: TaskArguments): Signature<Result>;
}

/** What the worker runs. */
export interface RegisteredTask {
  readonly name: string;
  readonly definition: TaskDefinition;
  readonly body: (self: BoundTask, args: readonly unknown[]) => unknown;
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
  autoretryFor: true,
  maxRetries: true,
  retryDelay: true,
  retryBackoff: true,
  retryBackoffMax: true,
  retryJitter: true,
  rateLimit: true,
  overlap: true,
};

/** Throws on an option that no task has. */
export function checkDefinition(name: string, definition: TaskDefinition): void {
  checkKnown<TaskDefinition>(definition, NAMES, `task "${name}"`);
  checkNumbers<TaskDefinition>(
    definition,
    {
      maxDeliveries: "whole",
      timeoutMs: "whole",
      retryDelay: "amount",
      retryBackoffMax: "amount",
      ...(definition.maxRetries === null ? {} : { maxRetries: "amount" }),
    },
    (field, reason) => new TypeError(`task "${name}": ${field}: ${reason}`),
  );
  if (definition.overlap !== undefined) checkedOverlap(definition.overlap, `task "${name}": overlap`);
}
