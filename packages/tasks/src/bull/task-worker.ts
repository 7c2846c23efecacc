import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import type { ShutdownOptions } from "@headline/scheduler";
import {
  checkKnown,
  checkNumbers,
  closeBullWorker,
  deferred,
  loadBullmq,
  type OptionNames,
  RunningSet,
  SHUTDOWN,
  throttleErrors,
  waitForPermission,
} from "@headline/scheduler/kit";
import type { Worker } from "bullmq";
import type { Broker } from "./broker.js";
import type { TaskMessage } from "./message.js";
import type { ResultBackend } from "./result-backend.js";
import { TaskRunner, WorkerShutdown } from "./task-runner.js";
import type { TaskWorkerParts } from "./task-worker-parts.js";

const OPTIONS: OptionNames<TaskWorkerOptions> = {
  queues: true,
  concurrency: true,
  lockMs: true,
  abortGraceMs: true,
  terminatePollMs: true,
  unknownTaskMs: true,
  signals: true,
};

/** Options of a worker; times are milliseconds. */
export interface TaskWorkerOptions {
  /** Queues to take tasks from. Default: the app's default queue. */
  readonly queues?: readonly string[];
  /** Tasks at once, of each queue. Default 10. */
  readonly concurrency?: number;
  /**
   * Lock of a task, ms; a worker that is silent for longer loses its tasks. Default 30,000. It is renewed at half of that,
   * so a body that blocks the event loop for longer counts as dead; a real death is noticed after one and a half of it.
   */
  readonly lockMs?: number;
  /** Time for a task to end after its signal was aborted; then its place is given to another. Default 5,000. */
  readonly abortGraceMs?: number;
  /** Interval of polling for requests to terminate. Default 500. */
  readonly terminatePollMs?: number;
  /**
   * Time for which an unknown task is left to other workers; then it fails (NotRegisteredError). Longer than a rolling
   * update takes is best; 0 fails it at once. Default 20,000.
   */
  readonly unknownTaskMs?: number;
  /** SIGTERM and SIGINT close the worker, letting its tasks finish; a second one does not wait. Default false. */
  readonly signals?: boolean;
}

/** Stalled jobs are counted by the definition of each task, not by BullMQ. */
const NO_STALL_LIMIT = 1_000_000;
const ABORT_GRACE_MS = 5_000;
const LOCK_MS = 30_000;

/**
 * Runs the tasks of an app; made by `app.worker(…)`. Any number of workers, in any processes, share the queues.
 *
 * @example
 * ```ts
 * import { TaskApp } from "@headline/tasks";
 *
 * const app = new TaskApp({ broker: "redis://127.0.0.1:6379" });
 * app.task("hello", (name: string) => `hello ${name}`);
 * const worker = await app.worker({ concurrency: 4 }).start(); // or run(), the last line of a main file
 * await worker.close();
 * ```
 */
export class TaskWorker implements AsyncDisposable {
  readonly id = `${hostname()}-${process.pid}-${randomUUID().slice(0, 8)}`;
  readonly #parts: TaskWorkerParts;
  readonly #options: TaskWorkerOptions;
  readonly #results: ResultBackend;
  readonly #broker: Broker;
  readonly #runner: TaskRunner;
  readonly #onClosed: () => void;
  readonly #running = new RunningSet();
  readonly #workers: Worker<TaskMessage>[] = [];
  readonly #closed = deferred();
  readonly #ended = new AbortController();
  #isStarted = false;
  #closing: Promise<void> | undefined;

  constructor(parts: TaskWorkerParts, options: TaskWorkerOptions, onClosed: () => void) {
    checkKnown<TaskWorkerOptions>(options, OPTIONS, "worker");
    checkNumbers<TaskWorkerOptions>(options, {
      concurrency: "whole",
      lockMs: "whole",
      abortGraceMs: "size",
      terminatePollMs: "whole",
    });
    this.#parts = parts;
    this.#options = options;
    this.#onClosed = onClosed;
    this.#results = parts.connections.openResults("patient");
    this.#broker = parts.connections.openBroker("patient");
    this.#runner = new TaskRunner({
      ...parts,
      workerId: this.id,
      results: this.#results,
      broker: this.#broker,
      running: this.#running,
      lockMs: options.lockMs ?? LOCK_MS,
      abortGraceMs: options.abortGraceMs ?? ABORT_GRACE_MS,
      terminatePollMs: options.terminatePollMs ?? 500,
      unknownTaskMs: options.unknownTaskMs,
    });
  }

  /** Starts to take tasks; resolves once it does. A worker is started once. */
  async start(): Promise<this> {
    if (this.#isStarted || this.#closing !== undefined) throw new Error("a worker is started once");
    this.#isStarted = true;
    const { clock, logger, conf } = this.#parts;
    await waitForPermission(this.#results.client, { clock, logger, signal: this.#ended.signal });
    if (this.#closing !== undefined) return this;
    for (const queue of this.#options.queues ?? [conf.defaultQueue]) this.#workers.push(this.#open(queue));
    if (this.#options.signals === true) this.#closeOnSignals();
    await Promise.all(this.#workers.map((worker) => worker.waitUntilReady()));
    return this;
  }

  /** Starts, and resolves when the worker is closed: the last line of a worker's main file. */
  async run(): Promise<void> {
    await this.start();
    await this.#closed.promise;
  }

  /**
   * Takes no more tasks and lets running ones finish, for up to `timeoutMs`. Those that still run then, or at once without
   * `wait`, are aborted: a late one goes back to its queue, an early one ends as FAILURE (WorkerLostError).
   */
  async close(options: ShutdownOptions = {}): Promise<void> {
    checkKnown<ShutdownOptions>(options, SHUTDOWN, "close");
    const { wait = true, timeoutMs = 30_000 } = options;
    if (!wait) this.#abortAll();
    this.#ended.abort();
    this.#closing ??= this.#close(timeoutMs);
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #open(queue: string): Worker<TaskMessage> {
    const { concurrency = 10, lockMs = LOCK_MS } = this.#options;
    const { connections, logger, clock } = this.#parts;
    const { Worker } = loadBullmq("TaskWorker");
    const worker = new Worker<TaskMessage>(queue, (job, token) => this.#runner.handle(job, token!), {
      ...connections.forBullWorker(),
      name: this.id,
      concurrency,
      lockDuration: lockMs,
      stalledInterval: lockMs / 2,
      maxStalledCount: NO_STALL_LIMIT,
      runRetryDelay: 500, // after a Redis restart; 15 s otherwise
    });
    throttleErrors(worker, { label: `Worker ${this.id}`, logger, clock });
    return worker;
  }

  async #close(timeoutMs: number): Promise<void> {
    const { clock } = this.#parts;
    const overdue = clock.setTimer(timeoutMs, () => this.#abortAll());
    const withinMs = timeoutMs + (this.#options.abortGraceMs ?? ABORT_GRACE_MS);
    try {
      await Promise.all(
        this.#workers.map((worker) => closeBullWorker(worker, { running: this.#running, withinMs, clock })),
      );
    } finally {
      overdue[Symbol.dispose]();
      await this.#broker.close();
      await this.#results.close();
      this.#closed.resolve();
      this.#onClosed();
    }
  }

  #abortAll(): void {
    this.#running.abortAll(new WorkerShutdown());
  }

  #closeOnSignals(): void {
    let signals = 0;
    const close = () => void this.close({ wait: signals++ === 0, timeoutMs: Number.POSITIVE_INFINITY });
    for (const signal of ["SIGTERM", "SIGINT"] as const) {
      process.on(signal, close);
      void this.#closed.promise.then(() => process.off(signal, close));
    }
  }
}
