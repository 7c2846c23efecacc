import type { Job as BullJob, UnrecoverableError, Worker } from "bullmq";
import type { Redis } from "ioredis";
import { SHUTDOWN, type ShutdownOptions } from "../core/call-options.js";
import { checkNumbers } from "../core/check-value.js";
import { type Clock, systemClock } from "../core/clock.js";
import { describeThrown, isA } from "../core/describe-thrown.js";
import { RunAbortedError, RunTimeoutError } from "../core/errors.js";
import { checkKnown, type OptionNames } from "../core/known-options.js";
import type { Logger } from "../core/logger.js";
import { defaultLogger, safeLogger } from "../core/logger.js";
import type { RunContext, TaskFunction } from "../core/task.js";
import { withAbortGrace } from "./abort-grace.js";
import { type BullPayload, cancelKey, startedKey } from "./bull-payload.js";
import { closeBullWorker } from "./close-bull.js";
import { jsonValue } from "./json-value.js";
import { KeyWatch } from "./key-watch.js";
import { loadBullmq } from "./load-bullmq.js";
import { closeRedis, openRedis, patientConnection, persistentConnection, type RedisTarget } from "./redis-target.js";
import { RunningSet } from "./running-set.js";
import { throttleErrors } from "./throttle-errors.js";
import { UnknownTasks } from "./unknown-tasks.js";

const OPTIONS: OptionNames<BullTaskWorkerOptions> = {
  connection: true,
  queue: true,
  prefix: true,
  tasks: true,
  concurrency: true,
  lockMs: true,
  cancelPollMs: true,
  abortGraceMs: true,
  unknownTaskMs: true,
  logger: true,
  clock: true,
};

/** Options of a BullTaskWorker. */
export interface BullTaskWorkerOptions {
  /** Redis: a URL, ioredis options, or an ioredis client whose options (not its connection) are used. */
  readonly connection: RedisTarget;
  readonly queue: string;
  readonly prefix?: string;
  /** Tasks by name, called with the run's context, then the job's arguments. */
  readonly tasks: Readonly<Record<string, TaskFunction>>;
  /** Runs at once. Default 10. */
  readonly concurrency?: number;
  /**
   * Lock of a run, ms; a worker that is silent for longer loses it. Default 30,000. It is renewed at half of that,
   * so a task that blocks the event loop for longer loses its run; a crash is noticed after this and half of it at most.
   */
  readonly lockMs?: number;
  /** Interval of polling for cancel requests, ms. Default 500. */
  readonly cancelPollMs?: number;
  /** Time for a task to end after its signal was aborted, ms; then its slot is freed. Default 5,000. */
  readonly abortGraceMs?: number;
  /**
   * Time for which a run whose task this worker does not know is left to others, ms; then it fails. Longer than a rolling update
   * takes is best; 0 fails it at once. Default 20,000.
   */
  readonly unknownTaskMs?: number;
  readonly logger?: Logger;
  readonly clock?: Clock;
}

const bullmq = () => loadBullmq("BullTaskWorker");

/** Stalls are limited by the run's own `ack` and `maxDeliveries`, not by BullMQ's count. */
const NO_STALL_LIMIT = 1_000_000;
const STARTED_KEPT_SECONDS = 86_400;

/** Outcome of a run that its worker could not start or did not survive. */
export class RunRefusedError extends Error {
  override readonly name = "RunRefusedError";
}

/**
 * Runs the tasks of a `BullExecutor`, in any process. `ack: "early"` runs start once, whatever happens to their worker; `ack: "late"` runs whose worker went silent start again, up to the job's `maxDeliveries`. A worker that
 * was only stopped (SIGSTOP) may come back and finish its run beside the second one: BullMQ cannot prevent that, so a late
 * task does what it does to the world under its `executionId`.
 */
export class BullTaskWorker implements AsyncDisposable {
  readonly #options: BullTaskWorkerOptions;
  readonly #prefix: string;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #control: Redis;
  readonly #cancels: KeyWatch;
  readonly #unknownTasks: UnknownTasks;
  readonly #running = new RunningSet();
  readonly #worker: Worker<BullPayload>;

  constructor(options: BullTaskWorkerOptions) {
    checkKnown<BullTaskWorkerOptions>(options, OPTIONS, "BullTaskWorker");
    checkNumbers<BullTaskWorkerOptions>(options, {
      concurrency: "whole",
      lockMs: "whole",
      cancelPollMs: "whole",
      abortGraceMs: "size",
      unknownTaskMs: "amount",
    });
    const { connection, queue, prefix = "bull", concurrency = 10, lockMs = 30_000 } = options;
    const { Worker } = bullmq();
    this.#options = options;
    this.#prefix = prefix;
    this.#clock = options.clock ?? systemClock();
    this.#logger = safeLogger(options.logger ?? defaultLogger);
    this.#unknownTasks = new UnknownTasks(`The worker of queue "${queue}"`, this.#logger, options.unknownTaskMs);
    this.#control = openRedis(persistentConnection(connection));
    this.#cancels = new KeyWatch(() => this.#control, this.#clock, options.cancelPollMs ?? 500);
    this.#worker = new Worker<BullPayload>(queue, (job, token) => this.#run(job, token!), {
      connection: patientConnection(connection),
      prefix,
      concurrency,
      lockDuration: lockMs,
      stalledInterval: lockMs / 2,
      maxStalledCount: NO_STALL_LIMIT,
      runRetryDelay: 500,
    });
    throttleErrors(this.#worker, { label: `Worker of queue "${queue}"`, logger: this.#logger, clock: this.#clock });
  }

  async ready(): Promise<void> {
    await this.#worker.waitUntilReady();
  }

  /** Takes no more runs and waits for running ones, for up to `timeoutMs`; without `wait` their signals are aborted first. */
  async close(options: ShutdownOptions = {}): Promise<void> {
    checkKnown<ShutdownOptions>(options, SHUTDOWN, "close");
    const { wait = true, timeoutMs = 30_000 } = options;
    if (!wait) this.#running.abortAll(new RunAbortedError("shutdown"));
    await closeBullWorker(this.#worker, { running: this.#running, withinMs: timeoutMs, clock: this.#clock });
    await closeRedis(this.#control);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #run(job: BullJob<BullPayload>, token: string): Promise<unknown> {
    try {
      const { tasks } = this.#options;
      const task = Object.hasOwn(tasks, job.name) ? tasks[job.name]! : await this.#leaveToOthers(job, token);
      await this.#mayStart(job);
      return await this.#execute(task, job.data);
    } catch (error) {
      if (isA(error, bullmq().DelayedError)) throw error;
      throw asFailure(error);
    }
  }

  /** Postpones a run that only newer workers know; throws a RunRefusedError once it has waited long enough. */
  async #leaveToOthers(job: BullJob<BullPayload>, token: string): Promise<never> {
    const nowMs = this.#clock.now();
    const unknownSince = job.data.unknownSince ?? nowMs;
    const retryAt = this.#unknownTasks.retryAt({ task: job.name, sinceMs: unknownSince, nowMs });
    if (retryAt === undefined) throw new RunRefusedError(`not started: this worker knows no task "${job.name}"`);
    await job.updateData({ ...job.data, unknownSince });
    await job.moveToDelayed(retryAt, token);
    throw new (bullmq().DelayedError)();
  }

  /** Refuses a run whose worker went silent, which BullMQ delivers again: an early one always, a late one after `maxDeliveries`. */
  async #mayStart({ data, stalledCounter }: BullJob<BullPayload>): Promise<void> {
    if (data.ack === "late") {
      if (stalledCounter < data.maxDeliveries) return;
      throw new RunRefusedError(`its worker went silent ${stalledCounter} times; it is not started again`);
    }
    const key = startedKey(this.#prefix, this.#options.queue, data);
    const first =
      stalledCounter === 0 && (await this.#control.set(key, "1", "EX", STARTED_KEPT_SECONDS, "NX")) === "OK";
    if (!first) throw new RunRefusedError("lost: its worker went silent, and it is started once only (ack: early)");
  }

  async #execute(task: TaskFunction, data: BullPayload): Promise<unknown> {
    const { executionId, jobId, jobName, scheduledAt, attempt, args, kwargs, timeoutMs } = data;
    const controller = new AbortController();
    const { signal } = controller;
    const context: RunContext = { executionId, jobId, jobName, scheduledAt, attempt, signal, threadId: 0 };
    const stop = this.#watch(data, controller, timeoutMs);
    try {
      const work = Promise.resolve(task(context, ...args, ...(kwargs === undefined ? [] : [kwargs])));
      const graceMs = this.#options.abortGraceMs ?? 5_000;
      const value: unknown = await withAbortGrace(work, { signal, graceMs, clock: this.#clock });
      return (
        jsonValue(value, () => this.#logger.warn(`The result of job "${jobName}" cannot be kept: it is not JSON`)) ??
        null
      );
    } finally {
      stop();
    }
  }

  /** Aborts at the timeout and on a cancel request; returns a stop function. */
  #watch(data: BullPayload, controller: AbortController, timeoutMs: number | null): () => void {
    this.#running.add(controller);
    const unwatch = this.#cancels.watch(cancelKey(this.#prefix, this.#options.queue, data), () =>
      controller.abort(new RunAbortedError("cancelled")),
    );
    const timeout =
      timeoutMs === null
        ? undefined
        : this.#clock.setTimer(timeoutMs, () => controller.abort(new RunTimeoutError(timeoutMs)));
    return () => {
      this.#running.delete(controller);
      unwatch();
      timeout?.[Symbol.dispose]();
    };
  }
}

/** Starts a worker and waits until it is ready: `await using worker = await bullWorker({ … })`. */
export async function bullWorker(options: BullTaskWorkerOptions): Promise<BullTaskWorker> {
  const worker = new BullTaskWorker(options);
  await worker.ready();
  return worker;
}

/** Converts an error to one that BullMQ does not retry; the name goes into the stack, since BullMQ stores message and stack alone. */
function asFailure(thrown: unknown): UnrecoverableError {
  const { name, message, stack } = describeThrown(thrown);
  const failure = new (bullmq().UnrecoverableError)(message);
  const frames = stack.slice(stack.indexOf("\n    at "));
  failure.stack = stack.includes("\n    at ") ? `${name}: ${message}${frames}` : `${name}: ${message}`;
  return failure;
}
