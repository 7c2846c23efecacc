import type { Job as BullJob, Queue, QueueEvents } from "bullmq";
import type { Redis } from "ioredis";
import { REMOVE_EXECUTOR, type RemoveExecutorOptions } from "../core/call-options.js";
import { checkNumbers } from "../core/check-value.js";
import { type Clock, systemClock } from "../core/clock.js";
import { thrownLine } from "../core/describe-thrown.js";
import type { Executor, ExecutorContext, Outcome, Run } from "../core/executor.js";
import type { Json } from "../core/json.js";
import { checkKnown, type OptionNames } from "../core/known-options.js";
import type { Logger } from "../core/logger.js";
import { type BullPayload, cancelKey } from "./bull-payload.js";
import { closeBull } from "./close-bull.js";
import { loadBullmq } from "./load-bullmq.js";
import { QueueFullError } from "./queue-full-error.js";
import { closeRedis, patientConnection, promptConnection, type RedisTarget, readyRedis } from "./redis-target.js";
import { reviveError } from "./remote-error.js";
import { TaskIgnoredAbortError } from "./task-ignored-abort-error.js";

const OPTIONS: OptionNames<BullExecutorOptions> = {
  connection: true,
  queue: true,
  prefix: true,
  inFlightMax: true,
  lookUpMs: true,
  abortGraceMs: true,
  keepSeconds: true,
  clock: true,
};

/** Options of a BullExecutor. */
export interface BullExecutorOptions {
  /** Redis: a URL, ioredis options, or an ioredis client whose options (not its connection) are used. */
  readonly connection: RedisTarget;
  readonly queue: string;
  /** BullMQ's key prefix. Default "bull". */
  readonly prefix?: string;
  /** Runs in BullMQ that have not ended. Default 1,000. */
  readonly inFlightMax?: number;
  /** Interval at which runs are polled, for events that were lost, ms. Default 2,000. */
  readonly lookUpMs?: number;
  /** Time for a worker to end an aborted run, ms; then it is given up. Default 10,000. */
  readonly abortGraceMs?: number;
  /** Lifetime of ended runs in BullMQ: so long a scheduler that reclaims a run finds its result. Default a day. */
  readonly keepSeconds?: number;
  readonly clock?: Clock;
}

interface InFlight {
  readonly settle: (outcome: Outcome) => void;
  /** Whether it was seen in the queue: once it is missing there, it was removed or lost by Redis. */
  queued: boolean;
}

const DAY_SECONDS = 86_400;
const CANCEL_KEPT_SECONDS = 3_600;

/**
 * Sends runs to BullMQ workers in other processes (`BullTaskWorker`) and waits for their outcomes. The id of the BullMQ job
 * is that of the execution: a run that is reclaimed from a dead scheduler attaches to the same queued, running or ended job.
 * The scheduler is the clock and retries; BullMQ does neither.
 */
export class BullExecutor implements Executor {
  readonly remote = true;
  onCapacity: (() => void) | undefined;
  readonly #options: BullExecutorOptions;
  readonly #prefix: string;
  readonly #clock: Clock;
  readonly #inFlight = new Map<string, InFlight>();
  readonly #idle: (() => void)[] = [];
  #logger: Logger | undefined;
  #queue: Queue<BullPayload, Json> | undefined;
  #events: QueueEvents | undefined;
  #control: Redis | undefined;
  #lookUp: Disposable | undefined;
  #closed = false;

  constructor(options: BullExecutorOptions) {
    checkKnown<BullExecutorOptions>(options, OPTIONS, "BullExecutor");
    checkNumbers<BullExecutorOptions>(options, {
      inFlightMax: "places",
      lookUpMs: "whole",
      abortGraceMs: "size",
      keepSeconds: "amount",
    });
    this.#options = options;
    this.#prefix = options.prefix ?? "bull";
    this.#clock = options.clock ?? systemClock();
  }

  async start(context?: ExecutorContext): Promise<void> {
    const { connection, queue } = this.#options;
    const { Queue, QueueEvents } = loadBullmq("BullExecutor");
    const prefix = this.#prefix;
    this.#logger = context?.logger;
    this.#closed = false;
    this.#control = await readyRedis(promptConnection(connection));
    this.#queue = new Queue(queue, { connection: promptConnection(connection), prefix });
    this.#events = new QueueEvents(queue, { connection: patientConnection(connection), prefix });
    this.#queue.on("error", () => {}); // reported by the calls that fail
    this.#events.on("error", () => {}); // reconnects by itself; missed events are polled
    this.#events.on("completed", ({ jobId }) => void this.#settleFromQueue(jobId));
    this.#events.on("failed", ({ jobId }) => void this.#settleFromQueue(jobId));
    await this.#queue.waitUntilReady();
    await this.#events.waitUntilReady();
    this.#keepLooking();
  }

  capacity(): number {
    return (this.#options.inFlightMax ?? 1_000) - this.#inFlight.size;
  }

  async submit(run: Run): Promise<Outcome> {
    const { executionId } = run.context;
    if (this.capacity() <= 0 || this.#inFlight.has(executionId)) {
      return { kind: "error", error: new QueueFullError("too many runs are under way, or this one is already") };
    }
    const outcome = new Promise<Outcome>((settle) => this.#inFlight.set(executionId, { settle, queued: false }));
    let grace: Disposable | undefined;
    try {
      if (!(await run.begin())) return { kind: "skipped" };
      run.onAborted = () => {
        void this.#cancel(run);
        grace = this.#clock.setTimer(this.#options.abortGraceMs ?? 10_000, () => this.#giveUp(executionId));
      };
      await this.#add(run);
      return await outcome;
    } catch (error) {
      return { kind: "error", error };
    } finally {
      run.onAborted = undefined;
      grace?.[Symbol.dispose]();
      this.#inFlight.delete(executionId);
      if (this.#inFlight.size === 0) for (const resolve of this.#idle.splice(0)) resolve();
      if (this.capacity() === 1) this.onCapacity?.();
    }
  }

  /** Waits for the outcomes of runs in BullMQ; without `wait` leaves them to the workers. */
  async shutdown(options: RemoveExecutorOptions = {}): Promise<void> {
    checkKnown<RemoveExecutorOptions>(options, REMOVE_EXECUTOR, "shutdown");
    const { wait = false } = options;
    if (wait && this.#inFlight.size > 0) await new Promise<void>((resolve) => this.#idle.push(resolve));
    this.#closed = true;
    this.#lookUp?.[Symbol.dispose]();
    for (const { settle } of this.#inFlight.values()) {
      settle({ kind: "error", error: new Error("the executor was shut down; the run goes on elsewhere") });
    }
    if (this.#events !== undefined) await closeBull(this.#events, this.#clock);
    if (this.#queue !== undefined) await closeBull(this.#queue, this.#clock);
    if (this.#control !== undefined) await closeRedis(this.#control);
  }

  /** Adds the run; one that is there already stays as it is. */
  async #add(run: Run): Promise<void> {
    const { executionId } = run.context;
    const keep = { age: this.#options.keepSeconds ?? DAY_SECONDS, count: 10_000 };
    await this.#clearEarlierFailure(run);
    await this.#queue!.add(run.job.func as string, payloadOf(run), {
      jobId: executionId,
      attempts: 1,
      removeOnComplete: keep,
      removeOnFail: keep,
    });
    const entry = this.#inFlight.get(executionId);
    if (entry !== undefined) entry.queued = true;
    await this.#settleFromQueue(executionId); // it may have ended before: then no event comes
  }

  /** Removes the failure of an earlier attempt, to which this one must not attach. */
  async #clearEarlierFailure({ context }: Run): Promise<void> {
    if (context.attempt === 1) return;
    const job = await this.#queue!.getJob(context.executionId);
    if (job?.failedReason === undefined || job.finishedOn === undefined) return;
    if (job.data.attempt < context.attempt) await job.remove();
  }

  /** Polls the runs that are waited for: events are lost while Redis is away. */
  #keepLooking(): void {
    if (this.#closed) return;
    this.#lookUp = this.#clock.setTimer(this.#options.lookUpMs ?? 2_000, () => void this.#lookAtAll());
  }

  async #lookAtAll(): Promise<void> {
    await Promise.all([...this.#inFlight.keys()].map((executionId) => this.#settleFromQueue(executionId)));
    this.#keepLooking();
  }

  async #settleFromQueue(executionId: string): Promise<void> {
    const entry = this.#inFlight.get(executionId);
    if (entry?.queued !== true) return;
    try {
      const job = await this.#queue!.getJob(executionId);
      if (job === undefined)
        entry.settle({ kind: "error", error: new Error("the run is in Redis no more: removed, or lost") });
      else if (job.finishedOn !== undefined) entry.settle(outcomeOf(job));
    } catch {
      // Redis is away: polled again.
    }
  }

  /** Removes a run that waits; cancels one that runs through a key that its worker polls. */
  async #cancel({ context }: Run): Promise<void> {
    const { executionId } = context;
    try {
      await this.#control!.set(cancelKey(this.#prefix, this.#options.queue, context), "1", "EX", CANCEL_KEPT_SECONDS);
      if ((await this.#queue!.remove(executionId)) !== 1) return;
      this.#inFlight.get(executionId)?.settle({ kind: "error", error: new Error("aborted before a worker took it") });
    } catch (error) {
      this.#logger?.warn(`Execution ${executionId} could not be cancelled: ${thrownLine(error)}`);
    }
  }

  #giveUp(executionId: string): void {
    this.#inFlight.get(executionId)?.settle({ kind: "error", error: new TaskIgnoredAbortError() });
  }
}

function payloadOf({ context, job }: Run): BullPayload {
  const { executionId, jobId, jobName, scheduledAt, attempt } = context;
  const { args, kwargs, timeoutMs = null, ack, maxDeliveries } = job;
  const identity = { executionId, jobId, jobName, scheduledAt, attempt };
  return { ...identity, args, ...(kwargs === undefined ? {} : { kwargs }), timeoutMs, ack, maxDeliveries };
}

function outcomeOf(job: BullJob<BullPayload, Json>): Outcome {
  if (job.failedReason === undefined) return { kind: "executed", value: job.returnvalue ?? null };
  const stack = job.stacktrace?.at(-1);
  return { kind: "error", error: reviveError({ name: nameIn(stack), message: job.failedReason, stack }) };
}

/** Revives the error of a worker, whose stack begins with its name. */
function nameIn(stack: string | undefined): string {
  return /^([\w$.]+): /.exec(stack ?? "")?.[1] ?? "Error";
}
