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
import type { TaskWorker, TaskWorkerOptions } from "../core/task-worker.js";
import type { Broker } from "./broker.js";
import type { TaskMessage } from "./message.js";
import type { ResultBackend } from "./result-backend.js";
import { TaskRunner, WorkerShutdown } from "./task-runner.js";
import type { TaskWorkerParts } from "./task-worker-parts.js";

type BullWorkerOptions = Omit<TaskWorkerOptions, "name" | "prefetch" | "visibilityTimeoutMs" | "taskEvents">;

const OPTIONS: OptionNames<BullWorkerOptions> = {
  queues: true,
  concurrency: true,
  lockMs: true,
  abortGraceMs: true,
  terminatePollMs: true,
  unknownTaskMs: true,
  signals: true,
};

/** Stalled jobs are counted by the definition of each task, not by BullMQ. */
const NO_STALL_LIMIT = 1_000_000;
const ABORT_GRACE_MS = 5_000;
const LOCK_MS = 30_000;

/** Worker of an app's tasks on BullMQ. */
export class BullTaskWorker implements TaskWorker {
  readonly id = `${hostname()}-${process.pid}-${randomUUID().slice(0, 8)}`;
  readonly #parts: TaskWorkerParts;
  readonly #options: BullWorkerOptions;
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

  constructor(parts: TaskWorkerParts, options: BullWorkerOptions, onClosed: () => void) {
    checkKnown<BullWorkerOptions>(options, OPTIONS, "worker");
    checkNumbers<BullWorkerOptions>(options, {
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

  async run(): Promise<void> {
    await this.start();
    await this.#closed.promise;
  }

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
