import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import type { Piscina } from "piscina";
import { checkNumbers } from "../core/check-value.js";
import type { Executor, ExecutorContext, Outcome, Run } from "../core/executor.js";
import { checkKnown, type OptionNames } from "../core/known-options.js";
import { optionalPeer } from "../core/optional-peer.js";
import { QueueFullError } from "./queue-full-error.js";
import { type RemoteError, reviveError } from "./remote-error.js";
import type { ThreadAnswer, ThreadCall } from "./thread-worker.js";

const OPTIONS: OptionNames<WorkerThreadExecutorOptions> = {
  filename: true,
  maxThreads: true,
  minThreads: true,
  queueMax: true,
  idleTimeoutMs: true,
  maxOldGenerationSizeMb: true,
  execArgv: true,
};

/** Options of a WorkerThreadExecutor. */
export interface WorkerThreadExecutorOptions {
  /**
   * Module with the tasks, an absolute path or file URL: the task `report.render` is its export of that name, the
   * member of its default export (see `defineTasks`), or its default export when that is a function. It is called with
   * `{ executionId, jobId, jobName, scheduledAt, attempt, threadId }` and the job's arguments.
   */
  readonly filename: string;
  /** Threads at most. Default: the number of processors. */
  readonly maxThreads?: number;
  /** Idle threads that are kept. Default 0. */
  readonly minThreads?: number;
  /** Runs that may wait for a thread. Default 100. */
  readonly queueMax?: number;
  /** Time for which an idle thread is kept, ms. Default 10,000. */
  readonly idleTimeoutMs?: number;
  /** Memory of a thread, MB; a task that needs more ends as an error, not the process. */
  readonly maxOldGenerationSizeMb?: number;
  /** Arguments of Node for the threads, such as `["--import", "tsx"]` for a module in TypeScript. */
  readonly execArgv?: readonly string[];
}

/** Runs CPU-bound tasks in worker threads. A timeout or a cancellation ends the thread, and with it the task. */
export class WorkerThreadExecutor implements Executor {
  /** Tasks are those of the threads; this process need not know them. */
  readonly remote = true;
  onCapacity: (() => void) | undefined;
  readonly #options: WorkerThreadExecutorOptions;
  readonly #threads: number;
  #pool: Piscina | undefined;
  #context: ExecutorContext | undefined;
  /** Begins a run once it has a thread: while it waits for one it has not begun, and may become a misfire. */
  #active = 0;
  readonly #waiting: (() => void)[] = [];
  readonly #idle: (() => void)[] = [];
  #stopped = false;

  constructor(options: WorkerThreadExecutorOptions) {
    checkKnown<WorkerThreadExecutorOptions>(options, OPTIONS, "WorkerThreadExecutor");
    checkNumbers<WorkerThreadExecutorOptions>(options, {
      maxThreads: "whole",
      minThreads: "amount",
      queueMax: "size",
      idleTimeoutMs: "size",
    });
    this.#options = options;
    this.#threads = options.maxThreads ?? availableParallelism();
  }

  start(context: ExecutorContext): void {
    this.#context = context;
    this.#stopped = false;
    this.#pool = openPool(this.#options, this.#threads);
  }

  capacity(): number {
    return this.#threads + (this.#options.queueMax ?? 100) - this.#active - this.#waiting.length;
  }

  async submit(run: Run): Promise<Outcome> {
    if (this.capacity() <= 0) {
      return { kind: "error", error: new QueueFullError(`${this.#waiting.length} runs wait already`) };
    }
    if (this.#active < this.#threads) this.#active++;
    else await this.#handedOver();
    try {
      if (this.#stopped || !(await run.begin())) return { kind: "skipped" };
      return await this.#execute(run);
    } catch (error) {
      return { kind: "error", error: isErrorLike(error) ? reviveError(error) : error };
    } finally {
      this.#freeThread();
    }
  }

  /** Waits for its runs; without `wait` ends the threads, and with them their runs. */
  async shutdown({ wait }: { wait: boolean }): Promise<void> {
    if (wait && this.#active > 0) await new Promise<void>((resolve) => this.#idle.push(resolve));
    this.#stopped = true;
    await this.#pool?.destroy();
  }

  /** Resolves when a run that ends frees its thread for this one. */
  #handedOver(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #freeThread(): void {
    const next = this.#waiting.shift();
    if (next !== undefined) next();
    else this.#active--;
    if (this.#active === 0) for (const resolve of this.#idle.splice(0)) resolve();
    if (this.capacity() === 1) this.onCapacity?.();
  }

  async #execute(run: Run): Promise<Outcome> {
    const { executionId, jobId, jobName, scheduledAt, attempt } = run.context;
    const { func, args, kwargs } = run.job;
    const context = { executionId, jobId, jobName, scheduledAt, attempt };
    const call: ThreadCall = {
      name: typeof func === "string" ? func : func.name,
      context,
      args: kwargs === undefined ? args : [...args, kwargs],
    };
    const ending = new AbortController();
    run.onAborted = () => ending.abort();
    try {
      const answer = (await this.#pool!.run(call, { signal: ending.signal })) as ThreadAnswer;
      if (answer.kind === "error") return { kind: "error", error: reviveError(answer.error) };
      if (answer.isLossy) this.#context?.logger.warn(`The result of job "${jobName}" cannot be kept: it is not JSON`);
      return { kind: "executed", value: answer.value };
    } finally {
      run.onAborted = undefined;
    }
  }
}

function openPool(options: WorkerThreadExecutorOptions, maxThreads: number): Piscina {
  const { filename, minThreads = 0, idleTimeoutMs = 10_000, maxOldGenerationSizeMb, execArgv = [] } = options;
  const { Piscina: Pool } = optionalPeer<typeof import("piscina")>("piscina", "WorkerThreadExecutor");
  const pool = new Pool({
    ...threadWorker(execArgv),
    workerData: { filename },
    minThreads,
    maxThreads,
    idleTimeout: idleTimeoutMs,
    // A thread in Atomics.wait runs no timers and promises of its tasks.
    atomics: "disabled",
    ...(maxOldGenerationSizeMb === undefined ? {} : { resourceLimits: { maxOldGenerationSizeMb } }),
  });
  pool.on("error", () => {}); // the run that it hit ends with the error
  return pool;
}

/** Module that each thread starts with; from the sources it is TypeScript, which tsx loads. */
function threadWorker(execArgv: readonly string[]): { filename: string; execArgv: string[] } {
  if (!import.meta.url.endsWith(".ts")) {
    return { filename: fileURLToPath(new URL("./thread-worker.js", import.meta.url)), execArgv: [...execArgv] };
  }
  return {
    filename: fileURLToPath(new URL("./thread-worker.ts", import.meta.url)),
    execArgv: ["--import", "tsx", ...execArgv],
  };
}

/** Recognizes an error by its name: errors of threads arrive as copies of another realm. */
function isErrorLike(error: unknown): error is RemoteError {
  return typeof error === "object" && error !== null && "message" in error && "name" in error;
}
