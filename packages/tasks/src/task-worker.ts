import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import type { Json, ShutdownOptions } from "@headline/scheduler";
import {
  checkKnown,
  checkNumbers,
  closeBullWorker,
  describeThrown,
  heedErrors,
  isA,
  jsonValue,
  KeyWatch,
  LeftToOthers,
  loadBullmq,
  type OptionNames,
  patientConnection,
  RunningSet,
  SHUTDOWN,
  settledOrIgnored,
  thrownLine,
  untilPermitted,
} from "@headline/scheduler/kit";
import type { Job, UnrecoverableError, Worker } from "bullmq";
import { BoundTask, RetryRequested } from "./bound-task.js";
import type { Broker } from "./broker.js";
import { intervalOf, type RegisteredTask } from "./definition.js";
import type { ChainLink, TaskMessage } from "./message.js";
import type { ResultBackend } from "./result-backend.js";
import type { TaskApp } from "./task-app.js";
import { NotRegisteredError, TaskRevokedError, TimeLimitExceededError, WorkerLostError } from "./task-errors.js";
import { TaskPlace } from "./task-place.js";

const OPTIONS: OptionNames<TaskWorkerOptions> = {
  queues: true,
  concurrency: true,
  lockMs: true,
  abortGraceMs: true,
  terminatePollMs: true,
  unknownTaskMs: true,
  signals: true,
};

export interface TaskWorkerOptions {
  /** Default: the app's default queue. */
  readonly queues?: readonly string[];
  /** Tasks at once, of each queue. Default 10. */
  readonly concurrency?: number;
  /**
   * How long a worker may be silent before its tasks are taken from it, ms. Default 30,000. It is renewed at half of that,
   * so a body that blocks the event loop for longer counts as dead; a real death is noticed after one and a half of it.
   */
  readonly lockMs?: number;
  /** How long a task may take to end after its signal was aborted; then its place is given away. Default 5,000. */
  readonly abortGraceMs?: number;
  /** How often requests to terminate are looked for, ms. Default 500. */
  readonly terminatePollMs?: number;
  /**
   * Time for which a task that this worker does not know is left to others, ms; then it fails (NotRegisteredError). Longer than a
   * rolling update takes is best; 0 fails it at once. Default 20,000.
   */
  readonly unknownTaskMs?: number;
  /** SIGTERM and SIGINT close the worker, letting its tasks finish; a second one does not wait. Default false. */
  readonly signals?: boolean;
}

const bullmq = () => loadBullmq("TaskWorker");

const NO_STALL_LIMIT = 1_000_000;
const MAX_DELIVERIES = 5;
const ABORT_GRACE_MS = 5_000;
const LOCK_MS = 30_000;
/** A call that waits for a place is woken when it is free; should that fail, it looks so often. */
const PLACE_POLL_MS = 1_000;

/** Why a running task is to stop. */
class Shutdown extends Error {}

/** Runs the app's tasks. Any number of workers, in any processes, share the queues. */
export class TaskWorker implements AsyncDisposable {
  readonly id = `${hostname()}-${process.pid}-${randomUUID().slice(0, 8)}`;
  readonly #app: TaskApp;
  readonly #options: TaskWorkerOptions;
  readonly #results: ResultBackend;
  readonly #broker: Broker;
  readonly #terminations: KeyWatch;
  readonly #leftToOthers: LeftToOthers;
  readonly #onClosed: () => void;
  readonly #running = new RunningSet();
  readonly #workers: Worker<TaskMessage>[] = [];
  readonly #closed = settable();
  readonly #ended = new AbortController();
  #isStarted = false;
  #closing: Promise<void> | undefined;

  /** `app.worker(…)` makes them. */
  constructor(app: TaskApp, options: TaskWorkerOptions, onClosed: () => void) {
    checkKnown<TaskWorkerOptions>(options, OPTIONS, "worker");
    checkNumbers<TaskWorkerOptions>(options, {
      concurrency: "whole",
      lockMs: "whole",
      abortGraceMs: "size",
      terminatePollMs: "whole",
    });
    this.#app = app;
    this.#options = options;
    this.#onClosed = onClosed;
    this.#leftToOthers = new LeftToOthers(`Worker ${this.id}`, app.logger, options.unknownTaskMs);
    this.#results = app.openResults("patient");
    this.#broker = app.openBroker("patient");
    this.#terminations = new KeyWatch(() => this.#results.client, app.clock, options.terminatePollMs ?? 500);
  }

  /** Starts to take tasks; resolves once it does. */
  async start(): Promise<this> {
    if (this.#isStarted || this.#closing !== undefined) throw new Error("a worker is started once");
    this.#isStarted = true;
    const { clock, logger } = this.#app;
    await untilPermitted(this.#results.client, { clock, logger, signal: this.#ended.signal });
    if (this.#closing !== undefined) return this;
    for (const queue of this.#options.queues ?? [this.#app.conf.defaultQueue]) this.#workers.push(this.#open(queue));
    if (this.#options.signals === true) this.#heedSignals();
    await Promise.all(this.#workers.map((worker) => worker.waitUntilReady()));
    return this;
  }

  /** `start`, then resolves when it has been closed: the last line of a worker's main file. */
  async run(): Promise<void> {
    await this.start();
    await this.#closed.promise;
  }

  /**
   * Takes no more tasks and lets those under way finish, for up to `timeoutMs`. Those that are left then, or at once
   * without `wait`, are aborted: a late one goes back to its queue, an early one ends as FAILURE (WorkerLostError).
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
    const { Worker } = bullmq();
    const worker = new Worker<TaskMessage>(queue, (job, token) => this.#handle(job, token!), {
      connection: patientConnection(this.#app.brokerTarget),
      prefix: this.#app.prefix,
      name: this.id,
      concurrency,
      lockDuration: lockMs,
      stalledInterval: lockMs / 2,
      maxStalledCount: NO_STALL_LIMIT, // each task says itself how often it may be begun
      runRetryDelay: 500, // after a Redis restart; 15 s otherwise
    });
    heedErrors(worker, { label: `Worker ${this.id}`, logger: this.#app.logger, clock: this.#app.clock }); // it goes on
    return worker;
  }

  async #close(timeoutMs: number): Promise<void> {
    const { clock } = this.#app;
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
    this.#running.abortAll(new Shutdown("the worker is shut down"));
  }

  #heedSignals(): void {
    let heard = 0;
    const heed = () => void this.close({ wait: heard++ === 0, timeoutMs: Number.POSITIVE_INFINITY });
    for (const signal of ["SIGTERM", "SIGINT"] as const) {
      process.on(signal, heed);
      void this.#closed.promise.then(() => process.off(signal, heed));
    }
  }

  // ── one task ────────────────────────────────────────────────────────────────────────────────────────────────────

  /** What it throws is for BullMQ: that the task waits again, or has failed. What becomes of the task is in its state. */
  async #handle(job: Job<TaskMessage>, token: string): Promise<void> {
    const message = job.data;
    const controller = new AbortController();
    this.#running.add(controller);
    let place: TaskPlace | undefined;
    let isBack = false;
    try {
      if (isExpired(message, this.#app.clock.now())) throw new TaskRevokedError("expired");
      const task = this.#app.registered(message.task) ?? (await this.#leaveToOthers(job, token));
      this.#refuseIfLost(task, job);
      await this.#waitForTurn(task, job, token);
      place = await this.#takePlace(task, job, token);
      if (await this.#begin(task, message)) await this.#run(task, job, token, controller);
    } catch (thrown) {
      isBack = isA(thrown, bullmq().DelayedError) || isA(thrown, bullmq().WaitingError);
      if (isBack) throw thrown;
      await this.#fail(message, thrown);
      throw asFailure(thrown);
    } finally {
      this.#running.delete(controller);
      // It comes back for a retry, or to another worker: until then the place is its own.
      if (isBack) await place?.keepUntil(job.data.eta);
      else await place?.leave();
    }
  }

  /** The place of a task whose calls do not overlap. Without one the call waits for it, in its queue, or ends as REVOKED. */
  async #takePlace(
    { name, definition }: RegisteredTask,
    job: Job<TaskMessage>,
    token: string,
  ): Promise<TaskPlace | undefined> {
    const { overlap } = definition;
    if (overlap === undefined) return undefined;
    const { id, queue, waited = false } = job.data;
    const leaseMs = 1.5 * (this.#options.lockMs ?? LOCK_MS);
    const [verdict, running] = await this.#results.enterPlace(name, { id, overlap, leaseMs, waited });
    if (verdict === "skip") throw new TaskRevokedError("skipped: another call of the task runs");
    if (verdict === "superseded") throw new TaskRevokedError("superseded: a later call of the task waits");
    if (verdict === "wait") {
      if (overlap === "cancel-other" && !waited) await this.#terminate(running, name);
      return await this.#postpone(job, token, this.#app.clock.now() + PLACE_POLL_MS, { waited: true });
    }
    const promote = (next: string) => this.#broker.promote(queue, next);
    return new TaskPlace({ task: name, id, leaseMs, results: this.#results, promote, app: this.#app });
  }

  async #terminate(id: string, task: string): Promise<void> {
    const { state } = await this.#results.revoke(id, true, new TaskRevokedError("terminated: a later call has come"));
    if (state === "REVOKED") await this.#results.leavePlace(task, id); // it waited for its retry
  }

  /** A newer worker may know the task; throws what tells BullMQ so, or that it has waited for long enough. */
  async #leaveToOthers(job: Job<TaskMessage>, token: string): Promise<never> {
    const { task, unknownSince } = job.data;
    const nowMs = this.#app.clock.now();
    const sinceMs = unknownSince ?? nowMs;
    const offerAt = this.#leftToOthers.offerAt({ task, sinceMs, nowMs });
    if (offerAt === undefined) throw new NotRegisteredError(`this worker knows no task "${task}"`);
    return this.#postpone(job, token, offerAt, { unknownSince: sinceMs });
  }

  /** Its worker went silent while it had this task, perhaps before it began; nobody can tell. */
  #refuseIfLost({ definition }: RegisteredTask, { data, stalledCounter }: Job<TaskMessage>): void {
    const silences = stalledCounter - data.silences;
    if (silences === 0) return;
    if (definition.acksLate !== true)
      throw new WorkerLostError("the worker that had it died or went silent; it is not begun again");
    if (silences >= (definition.maxDeliveries ?? MAX_DELIVERIES)) {
      throw new WorkerLostError(`${silences} workers died or went silent while they ran it; it is not begun again`);
    }
  }

  /** Under a rate limit a task takes the next free turn, goes back until then, and needs no other. */
  async #waitForTurn({ name, definition }: RegisteredTask, job: Job<TaskMessage>, token: string): Promise<void> {
    if (definition.rateLimit === undefined || job.data.turnTaken === job.data.retries) return;
    const waitMs = await this.#results.takeTurn(name, intervalOf(definition.rateLimit));
    if (waitMs > 0) await this.#postpone(job, token, this.#app.clock.now() + waitMs, { turnTaken: job.data.retries });
  }

  /** False when it has ended already: it was revoked, or is delivered once more after its end. */
  async #begin({ name, definition }: RegisteredTask, { id, retries, queue, next }: TaskMessage): Promise<boolean> {
    const late = definition.acksLate === true;
    const verdict = await this.#results.begin(id, {
      retries,
      late,
      delivery: randomUUID(),
      worker: this.id,
      task: name,
      queue,
    });
    if (verdict === "lost") throw new WorkerLostError("it has been begun before, by a worker that died or went silent");
    if (verdict === "REVOKED") await this.#failLinks(next, new TaskRevokedError(`task ${id} before it was revoked`));
    return verdict === "run";
  }

  async #run(task: RegisteredTask, job: Job<TaskMessage>, token: string, controller: AbortController): Promise<void> {
    const message = job.data;
    const self = this.#selfOf(task, job, controller.signal);
    const stop = this.#watch(message.id, task, controller);
    try {
      const value = await this.#settled(task, self, controller.signal);
      await this.#succeed(message, value);
    } catch (error) {
      const reason: unknown = controller.signal.reason;
      if (reason instanceof Shutdown) await this.#backToQueue(task, job, token);
      if (reason !== undefined)
        throw reason instanceof Shutdown ? new WorkerLostError("its worker was shut down") : reason;
      await this.#retry(isA(error, RetryRequested) ? error : self.automaticRetry(error), job, token);
      throw error;
    } finally {
      stop();
    }
  }

  #settled(task: RegisteredTask, self: BoundTask, signal: AbortSignal): Promise<unknown> {
    const { args, kwargs } = self.request;
    const work = Promise.resolve(task.body(self, kwargs === undefined ? args : [...args, kwargs]));
    return settledOrIgnored(work, {
      signal,
      graceMs: this.#options.abortGraceMs ?? ABORT_GRACE_MS,
      clock: this.#app.clock,
    });
  }

  #selfOf({ definition }: RegisteredTask, { data, stalledCounter }: Job<TaskMessage>, signal: AbortSignal): BoundTask {
    const { id, task, args, kwargs, retries, eta, expires, queue, retryPolicy = {} } = data;
    const request = {
      ...{ id, task, args, kwargs, retries, queue, calledDirectly: false },
      eta: eta === null ? null : new Date(eta),
      expires: expires === null ? null : new Date(expires),
      redelivered: stalledCounter > data.silences,
    };
    const { clock, random } = this.#app;
    return new BoundTask(request, signal, { definition, override: retryPolicy, now: clock.now, random });
  }

  /** Aborts at the time limit and when somebody asks; answers how to stop watching. */
  #watch(id: string, { definition }: RegisteredTask, controller: AbortController): () => void {
    const { timeoutMs } = definition;
    const unwatch = this.#terminations.watch(this.#results.terminateKey(id), () =>
      controller.abort(new TaskRevokedError("terminated")),
    );
    const limit =
      timeoutMs === undefined
        ? undefined
        : this.#app.clock.setTimer(timeoutMs, () =>
            controller.abort(new TimeLimitExceededError(`the task ran for longer than ${timeoutMs} ms`)),
          );
    return () => {
      unwatch();
      limit?.[Symbol.dispose]();
    };
  }

  // ── how it ends ─────────────────────────────────────────────────────────────────────────────────────────────────

  /** The next link is sent first: should this worker die in between, a late task sends it again, under the same id. */
  async #succeed(message: TaskMessage, value: unknown): Promise<void> {
    const warn = () =>
      this.#app.logger.warn(`The result of task ${message.task} (${message.id}) cannot be kept: it is not JSON`);
    const result = jsonValue(value, warn) ?? null;
    await this.#sendNext(message, result);
    await this.#results.succeeded(message.id, result);
  }

  async #sendNext({ next = [] }: TaskMessage, result: Json): Promise<void> {
    const [first, ...rest] = next;
    if (first === undefined) return;
    const nowMs = this.#app.clock.now();
    const { countdownMs, eta = countdownMs === undefined ? null : nowMs + countdownMs, ...link } = first;
    const { expiresMs, expires = expiresMs === undefined ? null : nowMs + expiresMs, ...call } = link;
    const args = [result, ...call.args];
    const message: TaskMessage = { ...call, args, eta, expires, retries: 0, silences: 0, next: rest };
    if (eta !== null && eta > nowMs)
      await this.#results.scheduled(call.id, { queue: call.queue, eta, task: call.task });
    await this.#broker.add(message, Math.max(0, (eta ?? nowMs) - nowMs));
  }

  async #fail({ id, task, next }: TaskMessage, thrown: unknown): Promise<void> {
    if (isA(thrown, TaskRevokedError)) await this.#results.revoked(id, thrown);
    else await this.#results.failed(id, thrown);
    await this.#failLinks(next, thrown);
    this.#app.logger.debug(`Task ${task} (${id}) ended: ${thrownLine(thrown)}`);
  }

  /** The links after one that did not end well will never begin. */
  async #failLinks(links: readonly ChainLink[] = [], thrown: unknown): Promise<void> {
    await Promise.all(links.map(({ id }) => this.#results.failed(id, thrown)));
  }

  async #retry(retry: RetryRequested | undefined, job: Job<TaskMessage>, token: string): Promise<void> {
    if (retry === undefined) return;
    const state = await this.#results.retrying(job.data.id, retry.cause, retry.at);
    if (state === "REVOKED") throw new TaskRevokedError("revoked");
    if (state === "RETRY") await this.#postpone(job, token, retry.at, { retries: job.data.retries + 1, eta: retry.at });
  }

  async #postpone(job: Job<TaskMessage>, token: string, at: number, change: Partial<TaskMessage>): Promise<never> {
    await job.updateData({ ...job.data, ...change, silences: job.stalledCounter });
    await job.moveToDelayed(at, token);
    throw new (bullmq().DelayedError)();
  }

  async #backToQueue({ definition }: RegisteredTask, job: Job<TaskMessage>, token: string): Promise<void> {
    if (definition.acksLate !== true) return;
    await job.moveToWait(token);
    throw new (bullmq().WaitingError)();
  }
}

function isExpired({ expires }: TaskMessage, nowMs: number): boolean {
  return expires !== null && nowMs >= expires;
}

/** BullMQ must not retry by itself. */
function asFailure(thrown: unknown): UnrecoverableError {
  const { message, stack } = describeThrown(thrown);
  return Object.assign(new (bullmq().UnrecoverableError)(message), { stack });
}

function settable(): { promise: Promise<void>; resolve: () => void } {
  let resolve = () => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
