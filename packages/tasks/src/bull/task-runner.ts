import { randomUUID } from "node:crypto";
import type { Json } from "@headline/scheduler";
import {
  describeThrown,
  isA,
  jsonValue,
  KeyWatch,
  loadBullmq,
  type RunningSet,
  thrownLine,
  UnknownTasks,
} from "@headline/scheduler/kit";
import type { Job, UnrecoverableError } from "bullmq";
import { BoundTask, RetryRequested } from "../core/bound-task.js";
import { intervalOf } from "../core/definition.js";
import {
  ChordError,
  NotRegisteredError,
  SoftTimeLimitExceededError,
  TaskRevokedError,
  WorkerLostError,
} from "../core/task-errors.js";
import type { RegisteredTask } from "../core/task-registry.js";
import { endingError, timeLimited } from "../core/time-limited.js";
import type { Broker } from "./broker.js";
import type { ChainLink, TaskMessage } from "./message.js";
import { OverlapLease } from "./overlap-lease.js";
import type { ResultBackend } from "./result-backend.js";
import type { TaskWorkerParts } from "./task-worker-parts.js";

interface TaskRunnerParts extends Omit<TaskWorkerParts, "connections" | "conf"> {
  readonly workerId: string;
  readonly results: ResultBackend;
  readonly broker: Broker;
  /** Runs under way, which a shutdown aborts. */
  readonly running: RunningSet;
  readonly lockMs: number;
  readonly abortGraceMs: number;
  readonly terminatePollMs: number;
  readonly unknownTaskMs: number | undefined;
}

/** Reason of a signal that a shutdown aborts. */
export class WorkerShutdown extends Error {
  constructor() {
    super("the worker is shut down");
  }
}

const bullmq = () => loadBullmq("TaskWorker");

const MAX_DELIVERIES = 5;
/** Interval at which a call polls for its overlap lease, should its wake-up fail. */
const LEASE_POLL_MS = 1_000;

/** Runs one delivered task from its checks to its final state. */
export class TaskRunner {
  readonly #parts: TaskRunnerParts;
  readonly #terminations: KeyWatch;
  readonly #unknownTasks: UnknownTasks;

  constructor(parts: TaskRunnerParts) {
    const { workerId, logger, clock, results, terminatePollMs, unknownTaskMs } = parts;
    this.#parts = parts;
    this.#unknownTasks = new UnknownTasks(`Worker ${workerId}`, logger, unknownTaskMs);
    this.#terminations = new KeyWatch(() => results.client, clock, terminatePollMs);
  }

  /** Runs a delivery. Its errors speak to BullMQ: the job waits again, or has failed. The task's end is in its state. */
  async handle(job: Job<TaskMessage>, token: string): Promise<void> {
    const { running, tasks, clock } = this.#parts;
    const message = job.data;
    const controller = new AbortController();
    running.add(controller);
    let lease: OverlapLease | undefined;
    let isPostponed = false;
    try {
      if (isExpired(message, clock.now())) throw new TaskRevokedError("expired");
      const task = tasks.get(message.task) ?? (await this.#leaveToOthers(job, token));
      this.#refuseIfLost(task, job);
      await this.#waitForTurn(task, job, token);
      lease = await this.#acquireOverlapLease(task, job, token);
      if (await this.#begin(task, message)) await this.#run(task, job, token, controller);
    } catch (thrown) {
      isPostponed = isA(thrown, bullmq().DelayedError) || isA(thrown, bullmq().WaitingError);
      if (isPostponed) throw thrown;
      await this.#fail(message, thrown);
      throw asFailure(thrown);
    } finally {
      running.delete(controller);
      if (isPostponed) await lease?.extendUntil(job.data.eta);
      else await lease?.release();
    }
  }

  // ── before it begins ────────────────────────────────────────────────────────────────────────────────────────────

  /** Acquires the lease of a task whose calls do not overlap. Without it the call waits in its queue, or ends as REVOKED. */
  async #acquireOverlapLease(
    { name, definition }: RegisteredTask,
    job: Job<TaskMessage>,
    token: string,
  ): Promise<OverlapLease | undefined> {
    const { overlap } = definition;
    if (overlap === undefined) return undefined;
    const { results, broker, clock, logger, lockMs } = this.#parts;
    const { id, queue, waited = false } = job.data;
    const leaseMs = 1.5 * lockMs;
    const [outcome, running] = await results.acquireLease(name, { id, overlap, leaseMs, waited });
    if (outcome === "skip") throw new TaskRevokedError("skipped: another call of the task runs");
    if (outcome === "superseded") throw new TaskRevokedError("superseded: a later call of the task waits");
    if (outcome === "wait") {
      if (overlap === "cancel-other" && !waited) await this.#terminate(running, name);
      return await this.#postpone(job, token, clock.now() + LEASE_POLL_MS, { waited: true });
    }
    const promote = (next: string) => broker.promote(queue, next);
    return new OverlapLease({ task: name, id, leaseMs, results, promote, clock, logger });
  }

  async #terminate(id: string, task: string): Promise<void> {
    const { results } = this.#parts;
    const { state } = await results.revoke(id, true, new TaskRevokedError("terminated: a later call has come"));
    if (state === "REVOKED") await results.releaseLease(task, id); // it waited for its retry
  }

  /** Postpones a task that only newer workers know; throws a NotRegisteredError once it has waited long enough. */
  async #leaveToOthers(job: Job<TaskMessage>, token: string): Promise<never> {
    const { task, unknownSince } = job.data;
    const nowMs = this.#parts.clock.now();
    const sinceMs = unknownSince ?? nowMs;
    const retryAt = this.#unknownTasks.retryAt({ task, sinceMs, nowMs });
    if (retryAt === undefined) throw new NotRegisteredError(`this worker knows no task "${task}"`);
    return this.#postpone(job, token, retryAt, { unknownSince: sinceMs });
  }

  /** Refuses a task whose worker went silent: an early one always, a late one after `maxDeliveries`. */
  #refuseIfLost({ definition }: RegisteredTask, { data, stalledCounter }: Job<TaskMessage>): void {
    const silences = stalledCounter - data.silences;
    if (silences === 0) return;
    if (definition.acksLate !== true)
      throw new WorkerLostError("the worker that had it died or went silent; it is not begun again");
    if (silences >= (definition.maxDeliveries ?? MAX_DELIVERIES)) {
      throw new WorkerLostError(`${silences} workers died or went silent while they ran it; it is not begun again`);
    }
  }

  /** Takes the next turn under a rate limit, once for each retry, and postpones the task until then. */
  async #waitForTurn({ name, definition }: RegisteredTask, job: Job<TaskMessage>, token: string): Promise<void> {
    const { results, clock } = this.#parts;
    if (definition.rateLimit === undefined || job.data.turnTaken === job.data.retries) return;
    const waitMs = await results.takeTurn(name, intervalOf(definition.rateLimit));
    if (waitMs > 0) await this.#postpone(job, token, clock.now() + waitMs, { turnTaken: job.data.retries });
  }

  /** Records the start; false when the task has ended already: it was revoked, or is delivered once more after its end. */
  async #begin(
    { name, definition }: RegisteredTask,
    { id, retries, queue, next, chord }: TaskMessage,
  ): Promise<boolean> {
    const { results, workerId } = this.#parts;
    const outcome = await results.begin(id, {
      retries,
      late: definition.acksLate === true,
      delivery: randomUUID(),
      worker: workerId,
      task: name,
      queue,
    });
    if (outcome === "lost") throw new WorkerLostError("it has been begun before, by a worker that died or went silent");
    if (outcome === "REVOKED") {
      const reason = new TaskRevokedError(`task ${id} before it was revoked`);
      await this.#failLinks(next, reason);
      if (chord !== undefined) await this.#failLinks([chord.body], chordFailure(id, reason));
    }
    return outcome === "run";
  }

  // ── while it runs ───────────────────────────────────────────────────────────────────────────────────────────────

  async #run(task: RegisteredTask, job: Job<TaskMessage>, token: string, controller: AbortController): Promise<void> {
    const message = job.data;
    const self = this.#selfOf(task, job, controller.signal);
    const stopWatching = this.#watchForAbort(message.id, controller);
    try {
      const value = await this.#settled(task, self, controller);
      await this.#succeed(message, value);
    } catch (error) {
      const reason: unknown = controller.signal.reason;
      if (reason instanceof WorkerShutdown) await this.#backToQueue(task, job, token);
      if (reason instanceof WorkerShutdown) throw new WorkerLostError("its worker was shut down");
      const retry = isA(error, RetryRequested) ? error : reason === undefined ? self.automaticRetry(error) : undefined;
      if (reason === undefined || isA(reason, SoftTimeLimitExceededError)) await this.#retry(retry, job, token);
      throw endingError(error, controller.signal);
    } finally {
      stopWatching();
    }
  }

  #settled({ body, definition }: RegisteredTask, self: BoundTask, controller: AbortController): Promise<unknown> {
    const { abortGraceMs, clock } = this.#parts;
    const { args, kwargs } = self.request;
    const { softTimeoutMs, timeoutMs } = definition;
    const work = async () => body(self, kwargs === undefined ? args : [...args, kwargs]);
    return timeLimited(work, { controller, softMs: softTimeoutMs, hardMs: timeoutMs, graceMs: abortGraceMs, clock });
  }

  #selfOf({ definition }: RegisteredTask, { data, stalledCounter }: Job<TaskMessage>, signal: AbortSignal): BoundTask {
    const { id, task, args, kwargs, retries, eta, expires, queue, retryPolicy = {} } = data;
    const request = {
      ...{ id, task, args, kwargs, retries, queue, calledDirectly: false },
      eta: eta === null ? null : new Date(eta),
      expires: expires === null ? null : new Date(expires),
      redelivered: stalledCounter > data.silences,
    };
    const { clock, random } = this.#parts;
    return new BoundTask(request, signal, { definition, override: retryPolicy, now: clock.now, random });
  }

  /** Aborts on a request to terminate; returns a stop function. */
  #watchForAbort(id: string, controller: AbortController): () => void {
    const key = this.#parts.results.terminateKey(id);
    return this.#terminations.watch(key, () => controller.abort(new TaskRevokedError("terminated")));
  }

  // ── when it has ended ───────────────────────────────────────────────────────────────────────────────────────────

  /** Sends the next link, then stores the result: if this worker dies in between, a late task sends it again under the same id. */
  async #succeed(message: TaskMessage, value: unknown): Promise<void> {
    const { results, logger } = this.#parts;
    const warn = () => logger.warn(`The result of task ${message.task} (${message.id}) cannot be kept: it is not JSON`);
    const result = jsonValue(value, warn) ?? null;
    for (const link of message.links ?? []) await this.#sendLinks([link], result);
    await this.#sendLinks(message.next, result);
    await this.#sendChordBody(message, result);
    const isIgnored = this.#parts.tasks.get(message.task)?.definition.ignoreResult === true;
    await results.succeeded(message.id, isIgnored ? null : result);
  }

  /** Adds the result to that of its chord; the last part sends the body. */
  async #sendChordBody({ chord }: TaskMessage, result: Json): Promise<void> {
    if (chord === undefined) return;
    const results = await this.#parts.results.chordPart(chord, result);
    if (results !== undefined) await this.#sendLinks([chord.body], [...results]);
  }

  /** Sends the first link, with the others in its message. */
  async #sendLinks([first, ...rest]: readonly ChainLink[] = [], result: Json): Promise<void> {
    if (first === undefined) return;
    const { results, broker, clock } = this.#parts;
    const nowMs = clock.now();
    const { countdownMs, eta = countdownMs === undefined ? null : nowMs + countdownMs, ...link } = first;
    const { expiresMs, expires = expiresMs === undefined ? null : nowMs + expiresMs, immutable, ...call } = link;
    const args = immutable === true ? call.args : [result, ...call.args];
    const message: TaskMessage = { ...call, args, eta, expires, retries: 0, silences: 0, next: rest };
    if (eta !== null && eta > nowMs) await results.scheduled(call.id, { queue: call.queue, eta, task: call.task });
    await broker.add(message, Math.max(0, (eta ?? nowMs) - nowMs));
  }

  async #fail({ id, task, next, chord, errorLinks = [] }: TaskMessage, thrown: unknown): Promise<void> {
    const { results, logger } = this.#parts;
    if (isA(thrown, TaskRevokedError)) await results.revoked(id, thrown);
    else await results.failed(id, thrown);
    await this.#failLinks(next, thrown);
    if (chord !== undefined) await this.#failLinks([chord.body], chordFailure(id, thrown));
    if (!isA(thrown, TaskRevokedError)) for (const link of errorLinks) await this.#sendLinks([link], id);
    logger.debug(`Task ${task} (${id}) ended: ${thrownLine(thrown)}`);
  }

  /** Fails the links behind a task that did not end as SUCCESS: they never begin. */
  async #failLinks(links: readonly ChainLink[] = [], thrown: unknown): Promise<void> {
    await Promise.all(links.map(({ id }) => this.#parts.results.failed(id, thrown)));
  }

  async #retry(retry: RetryRequested | undefined, job: Job<TaskMessage>, token: string): Promise<void> {
    if (retry === undefined) return;
    const state = await this.#parts.results.retrying(job.data.id, retry.cause, retry.at);
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

function chordFailure(id: string, thrown: unknown): ChordError {
  return new ChordError(`task ${id} of its header failed: ${thrownLine(thrown)}`);
}

function isExpired({ expires }: TaskMessage, nowMs: number): boolean {
  return expires !== null && nowMs >= expires;
}

/** Converts an error to one that BullMQ does not retry. */
function asFailure(thrown: unknown): UnrecoverableError {
  const { message, stack } = describeThrown(thrown);
  return Object.assign(new (bullmq().UnrecoverableError)(message), { stack });
}
