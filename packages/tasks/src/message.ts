import type { Json } from "@headline/scheduler";

/** A task as it travels to a worker. Times are epoch ms. */
export interface TaskMessage {
  readonly id: string;
  readonly task: string;
  readonly args: readonly Json[];
  /** One object given to the task after `args`. */
  readonly kwargs?: Json;
  readonly queue: string;
  readonly eta: number | null;
  readonly expires: number | null;
  readonly priority: number;
  /** Retries made so far. */
  readonly retries: number;
  readonly retryPolicy?: RetryOverride;
  /** How many times its worker had gone silent when it was last put back on purpose: those are accounted for. */
  readonly silences: number;
  /** The number of the retry for which it has waited its turn under the rate limit. */
  readonly turnTaken?: number;
  /** When a worker that does not know the task first left it to others, epoch ms. */
  readonly unknownSince?: number;
  /** It has waited for the place of its task (`overlap`): a later call may have come before it meanwhile. */
  readonly waited?: true;
  /** What comes after it, when it is a link of a chain. */
  readonly next?: readonly ChainLink[];
}

/** What a call says about retries, over what its task says. */
export interface RetryOverride {
  readonly maxRetries?: number;
  readonly retryBackoff?: boolean | number;
  /** Retry whatever is thrown. */
  readonly retryAny?: true;
}

/** A later link of a chain; its id is known from the start, its times when the link before it has ended. */
export type ChainLink = Pick<TaskMessage, "id" | "task" | "args" | "kwargs" | "queue" | "priority" | "retryPolicy"> &
  LinkTimes;

/** Lengths count from the end of the link before; moments are epoch ms. */
export interface LinkTimes {
  readonly countdownMs?: number;
  readonly eta?: number;
  readonly expiresMs?: number;
  readonly expires?: number;
}
