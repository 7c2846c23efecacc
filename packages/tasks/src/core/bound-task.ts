import { checkKnown, isA, type OptionNames, readMember } from "@headline/scheduler/kit";
import { etaOf } from "./apply-options.js";
import type { TaskDefinition } from "./definition.js";
import { MaxRetriesExceededError } from "./task-errors.js";

/** Call that a task's body is run for. */
export interface TaskRequest {
  /** The same for every retry and delivery: the idempotency key of what the task does. Null when called directly. */
  readonly id: string | null;
  readonly task: string;
  readonly args: readonly unknown[];
  readonly kwargs: unknown;
  /** Retries before this start. */
  readonly retries: number;
  readonly eta: Date | null;
  readonly expires: Date | null;
  readonly queue: string | null;
  /** Delivered again, because the worker before lost its lock while it ran this task (`acksLate`). */
  readonly redelivered: boolean;
  readonly calledDirectly: boolean;
}

/** Options of `self.retry`. */
export interface RetryOptions {
  /** Seconds from now. */
  readonly countdown?: number;
  readonly eta?: Date | number;
  /** Cause: stored as the error while the retry waits, and thrown when no retries are left. */
  readonly exc?: unknown;
  readonly maxRetries?: number | null;
}

const RETRY: OptionNames<RetryOptions> = { countdown: true, eta: true, exc: true, maxRetries: true };

/** Retry options of a call, which override those of its task. */
export interface RetryOverride {
  readonly maxRetries?: number;
  readonly retryBackoff?: boolean | number;
  /** Retries any error. */
  readonly retryAny?: true;
}

/** Signals a retry to the worker; thrown by `self.retry`, not to be caught. */
export class RetryRequested extends Error {
  override readonly name = "RetryRequested";
  constructor(
    readonly at: number,
    override readonly cause: unknown,
  ) {
    super("the task asked to be retried");
  }
}

interface Surroundings {
  readonly definition: TaskDefinition;
  readonly override: RetryOverride;
  readonly now: () => number;
  readonly random: () => number;
}

const RETRIES_DEFAULT = 3;
const RETRY_DELAY_DEFAULT = 180;

/** `self` of a task's body: its call, its abort signal, and `retry`. */
export class BoundTask {
  constructor(
    readonly request: TaskRequest,
    /** Aborted at the time limit, on termination, and at a shutdown that does not wait. */
    readonly signal: AbortSignal,
    private readonly around: Surroundings,
  ) {}

  /** Ends this start and schedules the next: `throw self.retry({ exc })`. It always throws. */
  retry(options: RetryOptions = {}): never {
    checkKnown<RetryOptions>(options, RETRY, "retry");
    const { countdown, eta, exc, maxRetries = this.maxRetries } = options;
    const none =
      exc ?? new MaxRetriesExceededError(`task ${this.request.task} was retried ${this.request.retries} times`);
    if (this.request.calledDirectly || !this.mayRetry(maxRetries)) throw none;
    const { now } = this.around;
    const when = { ...(countdown === undefined ? {} : { countdown }), ...(eta === undefined ? {} : { eta }) };
    throw new RetryRequested(etaOf(when, now()) ?? now() + this.retryDelayMs(), exc ?? new Error("retried"));
  }

  /** Returns the retry that `autoretryFor` makes of an error; undefined when the error is final. */
  automaticRetry(error: unknown): RetryRequested | undefined {
    if (!this.#retriesAfter(error) || !this.mayRetry(this.maxRetries)) return undefined;
    return new RetryRequested(this.around.now() + this.retryDelayMs(), error);
  }

  get maxRetries(): number | null {
    const { definition, override } = this.around;
    if (override.maxRetries !== undefined) return override.maxRetries;
    return definition.maxRetries === undefined ? RETRIES_DEFAULT : definition.maxRetries;
  }

  private mayRetry(maxRetries: number | null): boolean {
    return maxRetries === null || this.request.retries < maxRetries;
  }

  private retryDelayMs(): number {
    const { definition, override, random } = this.around;
    const { retryDelay = RETRY_DELAY_DEFAULT, retryBackoffMax = 600, retryJitter = true } = definition;
    const backoff = override.retryBackoff ?? definition.retryBackoff ?? false;
    if (backoff === false) return retryDelay * 1_000;
    const seconds = Math.min(retryBackoffMax, (backoff === true ? 1 : backoff) * 2 ** this.request.retries);
    return Math.round(seconds * 1_000 * (retryJitter ? random() : 1));
  }

  #retriesAfter(error: unknown): boolean {
    const { definition, override } = this.around;
    if (override.retryAny === true || definition.autoretryFor === true) return true;
    const name = readMember(error, "name");
    return (definition.autoretryFor ?? []).some((kind) =>
      typeof kind === "string" ? kind === name : isA(error, kind),
    );
  }
}
