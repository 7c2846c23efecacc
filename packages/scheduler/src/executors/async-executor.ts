import { checkNumbers } from "../core/check-value.js";
import { type Clock, systemClock } from "../core/clock.js";
import type { Executor, ExecutorContext, Outcome, Run } from "../core/executor.js";
import type { Json } from "../core/json.js";
import { checkKnown, type OptionNames } from "../core/known-options.js";
import { jsonValue } from "./json-value.js";
import { QueueFullError } from "./queue-full-error.js";
import { TaskIgnoredAbortError } from "./task-ignored-abort-error.js";

const OPTIONS: OptionNames<AsyncExecutorOptions> = {
  concurrency: true,
  queueMax: true,
  abortGraceMs: true,
  clock: true,
};

/** Options of an AsyncExecutor. */
export interface AsyncExecutorOptions {
  /** Runs at once. Default 200. */
  readonly concurrency?: number;
  /** Runs that may wait for a free slot. Default 1,000. */
  readonly queueMax?: number;
  /** Time for a task to end after its signal was aborted, ms; then its slot is freed. Default 5,000. */
  readonly abortGraceMs?: number;
  readonly clock?: Clock;
}

/**
 * Runs tasks in this process: a bounded number at once, with a bounded queue in front of them.
 *
 * @example
 * ```ts
 * import { AsyncExecutor, Scheduler } from "@headline/scheduler";
 *
 * const scheduler = new Scheduler({ executors: { default: new AsyncExecutor({ concurrency: 20, queueMax: 100 }) } });
 * console.log(scheduler.state); // stopped
 * ```
 */
export class AsyncExecutor implements Executor {
  onCapacity: (() => void) | undefined;
  readonly #concurrency: number;
  readonly #queueMax: number;
  readonly #abortGraceMs: number;
  readonly #clock: Clock;
  #context: ExecutorContext | undefined;
  #active = 0;
  readonly #waiting: { readonly run: Run; readonly settle: (outcome: Outcome | Promise<Outcome>) => void }[] = [];
  readonly #idle: (() => void)[] = [];

  constructor(options: AsyncExecutorOptions = {}) {
    checkKnown<AsyncExecutorOptions>(options, OPTIONS, "AsyncExecutor");
    checkNumbers<AsyncExecutorOptions>(options, { concurrency: "places", queueMax: "size", abortGraceMs: "size" });
    const { concurrency = 200, queueMax = 1_000, abortGraceMs = 5_000, clock } = options;
    this.#concurrency = concurrency;
    this.#queueMax = queueMax;
    this.#abortGraceMs = abortGraceMs;
    this.#clock = clock ?? systemClock();
  }

  start(context: ExecutorContext): void {
    this.#context = context;
  }

  capacity(): number {
    return this.#concurrency + this.#queueMax - this.#active - this.#waiting.length;
  }

  submit(run: Run): Promise<Outcome> {
    if (this.#active < this.#concurrency) return this.#execute(run);
    if (this.#waiting.length >= this.#queueMax) {
      const error = new QueueFullError(`${this.#queueMax} runs wait already`);
      return Promise.resolve({ kind: "error", error });
    }
    return new Promise((settle) => {
      this.#waiting.push({ run, settle });
    });
  }

  async shutdown({ wait }: { wait: boolean }): Promise<void> {
    if (!wait) for (const { settle } of this.#waiting.splice(0)) settle({ kind: "skipped" });
    if (!wait || this.#active === 0) return;
    await new Promise<void>((resolve) => {
      this.#idle.push(resolve);
    });
  }

  /** Hot path: a task that returns at once costs the promise of this function alone. */
  async #execute(run: Run): Promise<Outcome> {
    this.#active++;
    try {
      const begun = run.begin();
      if (begun !== true && !(await begun)) return { kind: "skipped" };
      const { args, kwargs } = run.job;
      const returned = kwargs === undefined ? run.task!(run.context, ...args) : run.task!(run.context, ...args, kwargs);
      const value = isThenable(returned) ? await this.#untilSettledOrIgnored(returned, run) : returned;
      return { kind: "executed", value: value === undefined ? undefined : this.#result(value, run) };
    } catch (error) {
      return { kind: "error", error };
    } finally {
      this.#freePlace();
    }
  }

  /** Abort grace as in `withAbortGrace`, through `onAborted`: reading the signal would create one for each run. */
  #untilSettledOrIgnored(returned: PromiseLike<unknown>, run: Run): Promise<unknown> {
    return new Promise((resolve, reject) => {
      let grace: Disposable | undefined;
      run.onAborted = () => {
        grace = this.#clock.setTimer(this.#abortGraceMs, () => reject(new TaskIgnoredAbortError()));
      };
      const done = () => {
        run.onAborted = undefined;
        grace?.[Symbol.dispose]();
      };
      returned.then(
        (value) => {
          done();
          resolve(value);
        },
        (error: unknown) => {
          done();
          reject(error as Error);
        },
      );
    });
  }

  #freePlace(): void {
    this.#active--;
    const next = this.#waiting.shift();
    if (next !== undefined) next.settle(this.#execute(next.run));
    else if (this.#active === 0) for (const resolve of this.#idle.splice(0)) resolve();
    if (this.capacity() === 1) this.onCapacity?.();
  }

  #result(value: unknown, run: Run): Json | undefined {
    return jsonValue(value, () =>
      this.#context?.logger.warn(`The result of job "${run.job.name}" cannot be kept: it is not JSON`),
    );
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}
