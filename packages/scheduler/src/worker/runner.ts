import { RunAbortedError, RunTimeoutError, TaskNotFoundError } from "../core/errors.js";
import type { Executor, Outcome } from "../core/executor.js";
import type { JobRecord, Retries } from "../core/job-record.js";
import type { NewInstance, QueuedResult } from "../core/job-store.js";
import type { Json } from "../core/json.js";
import { ActiveRun, type RunGate } from "./active-run.js";
import { isMisfire } from "./due-runs.js";
import type { LeasedInstance } from "./leased-instance.js";
import { Releaser } from "./releaser.js";
import type { RunEnd } from "./run-events.js";
import { type RunUpdate, toReport } from "./run-report.js";
import type { WorkerContext } from "./worker-context.js";

/** Runs each leased instance to its end, one run after the other: begin, execute, retry, report. */
export class Runner implements RunGate {
  /** Called when an instance was added to the leased ones. */
  onLeased: () => void = () => {};
  /** Called when a run waits in the store for a slot. */
  onQueued: () => void = () => {};
  /** Called when an instance was released to any scheduler, this one included. */
  onReleased: () => void = () => {};
  /** Called when an instance is leased no more: another run of its job may wait for the slot. */
  onSlotFreed: (job: JobRecord) => void = () => {};
  readonly #context: WorkerContext;
  readonly #releaser: Releaser;
  #mayRetry = true;
  #idleWaiters: (() => void)[] = [];

  constructor(context: WorkerContext) {
    this.#context = context;
    this.#releaser = new Releaser(context, () => this.onReleased());
  }

  run(instance: LeasedInstance): void {
    this.#context.leased.add(instance);
    this.onLeased();
    this.#context.events.submitted(instance);
    this.#runNext(instance);
  }

  /** Handles a run that waits in the store for a slot: aborts the executions in its way that run here. */
  queued(instance: NewInstance, result: QueuedResult): void {
    this.#context.events.queued(instance, result);
    for (const executionId of result.cancel) this.abortExecution(executionId);
    this.onQueued();
  }

  // ── one run ─────────────────────────────────────────────────────────────────────────────────────────────────────

  #runNext(instance: LeasedInstance): void {
    const { host } = this.#context;
    const { func } = instance.job;
    const task = typeof func === "string" ? host.task(func) : func;
    const executor = host.executor(instance.job.executor);
    const run = new ActiveRun(instance, task, this);
    instance.active = run;
    if (instance.cancelled.has(run.executionId)) {
      instance.active = undefined;
      this.#endCancelled(instance);
      return;
    }
    if (executor === undefined) {
      instance.active = undefined;
      this.#release(instance); // removed meanwhile: another scheduler has one, or this one gets it again
      return;
    }
    if (task === undefined && executor.remote !== true) {
      this.#settle(run, { kind: "error", error: new TaskNotFoundError(String(func)) });
      return;
    }
    submit(executor, run).then(
      (outcome) => this.#settle(run, outcome),
      (error: unknown) => this.#settle(run, { kind: "error", error }),
    );
  }

  /** Decides, as the run leaves its executor's queue, whether it may still start. */
  begin(run: ActiveRun): boolean | Promise<boolean> {
    if (run.instance.dropped || run.aborted !== undefined) return skip(run, "dropped");
    if (this.#isTooLate(run)) return skip(run, "missed");
    if (this.#context.host.clock.monotonic() < run.instance.leaseEndsAt) return this.#start(run);
    return this.#renewLease(run).then((isLeased) => (isLeased ? this.#start(run) : skip(run, "dropped")));
  }

  /** A misfire is judged at the start, as APScheduler 3 does; a run that was started before is late for another reason. */
  #isTooLate({ job, scheduledAt, attempt }: ActiveRun): boolean {
    return attempt === 1 && isMisfire(job, scheduledAt, job.misfiresJudgedMs ?? this.#context.clock.now());
  }

  /** Renews a lease that has ended by this process's clock; returns false when it is lost or the store is away. */
  async #renewLease({ instance }: ActiveRun): Promise<boolean> {
    const { store, host, leaseMs, backoff } = this.#context;
    const sentAt = host.clock.monotonic();
    try {
      const { lost } = await store.renew([{ instanceId: instance.id, token: instance.token }], leaseMs);
      if (lost.length > 0) this.#drop(instance);
      else instance.leaseEndsAt = sentAt + leaseMs;
      return lost.length === 0;
    } catch (error) {
      backoff.nextDelayMs("renew a lease", error);
      return false;
    }
  }

  #start(run: ActiveRun): true {
    const { host, clock, events } = this.#context;
    const { timeoutMs } = run.job;
    run.startedAt = clock.now();
    if (timeoutMs !== null) {
      run.timeout = host.clock.setTimer(timeoutMs, () => run.abort(new RunTimeoutError(timeoutMs)));
    }
    events.started(run);
    return true;
  }

  #settle(run: ActiveRun, outcome: Outcome): void {
    run.timeout?.[Symbol.dispose]();
    const { instance } = run;
    instance.active = undefined;
    if (instance.dropped) {
      this.#removeWhenIdle(instance);
      return;
    }
    if (outcome.kind === "skipped") this.#settleSkipped(run);
    else if (outcome.kind === "executed") this.#end(run, isCancelled(run) ? "cancelled" : "executed", outcome.value);
    else this.#settleError(run, outcome.error);
  }

  #settleSkipped(run: ActiveRun): void {
    if (run.skipped === "missed") {
      this.#context.events.missed(run, this.#context.clock.now() - run.scheduledAt);
      this.#end(run, "missed", undefined);
    } else if (isCancelled(run)) {
      this.#end(run, "cancelled", undefined);
    } else {
      this.#release(run.instance);
    }
  }

  #settleError(run: ActiveRun, thrown: unknown): void {
    const error = thrown === undefined ? new Error("undefined was thrown") : thrown;
    const reason = run.aborted;
    if (isCancelled(run)) {
      this.#end(run, "cancelled", undefined, error);
      return;
    }
    const { retries } = run.job;
    if (retries !== null && run.attempt <= retries.max && this.#mayRetry) {
      this.#retryLater(run, retries, error);
      return;
    }
    this.#context.events.failed(run, error);
    this.#end(run, "error", undefined, reason instanceof RunTimeoutError ? reason : error);
  }

  #retryLater(run: ActiveRun, retries: Retries, error: unknown): void {
    const { host, clock, events } = this.#context;
    const { instance } = run;
    const waitMs = backoffMs(retries, run.attempt);
    instance.attempt = run.attempt + 1;
    this.#report(run, { state: "submitted", attempt: instance.attempt, error, last: false }, (isRecorded) => {
      if (!isRecorded) this.#drop(instance);
    });
    instance.retryTimer = host.clock.setTimer(waitMs, () => {
      instance.retryTimer = undefined;
      if (!instance.dropped) this.#runNext(instance);
    });
    events.retryScheduled(run, error, clock.now() + waitMs);
  }

  /** Reports the end of a run, emits its event once that is recorded, and starts the instance's next run. */
  #end(run: ActiveRun, state: RunEnd["state"], value: Json | undefined, error?: unknown): void {
    const { events, clock } = this.#context;
    const { instance } = run;
    const last = instance.isLastRun;
    const end: RunEnd = { state, finishedAt: clock.now(), value, error };
    instance.closing = last;
    this.#report(run, { state, attempt: run.attempt, value, error, last }, (isRecorded) => {
      if (isRecorded) events.ended(run, end);
      else events.endRefused(run);
      if (last) this.#remove(instance);
      else if (!isRecorded) this.#drop(instance);
    });
    if (!last) {
      instance.index++;
      instance.attempt = 1;
      this.#runNext(instance);
    }
  }

  #report(run: ActiveRun, update: RunUpdate, settle: (isRecorded: boolean) => void): void {
    this.#context.reports.add(toReport(run, update, this.#context.clock.now()), (isRecorded) => {
      if (!isRecorded) run.instance.unrecorded = true;
      settle(isRecorded);
    });
  }

  /** Reports the runs that started at least `afterMs` ago as running, each once. */
  reportLongRuns(afterMs: number): void {
    const now = this.#context.clock.now();
    for (const instance of this.#context.leased.all()) {
      const run = instance.active as ActiveRun | undefined;
      if (run === undefined || run.startedAt === null || run.isReported || instance.dropped) continue;
      if (now - run.startedAt < afterMs) continue;
      run.isReported = true;
      this.#report(run, { state: "running", attempt: run.attempt, last: false }, () => {});
    }
  }

  // ── cancellation, lost leases, release ──────────────────────────────────────────────────────────────────────────

  /** Drops an instance that the store has given to another scheduler. */
  loseLease(instance: LeasedInstance): void {
    this.#context.events.leaseLost(instance);
    this.#drop(instance);
  }

  /** Aborts an execution of a leased instance; returns false when there is none. */
  abortExecution(executionId: string): boolean {
    const instance = this.#context.leased.findByExecution(executionId);
    const at = instance?.runs.findIndex((run) => run.executionId === executionId) ?? -1;
    if (instance === undefined || at < instance.index) return false;
    if (at > instance.index) instance.cancelled.add(executionId);
    else if (instance.active !== undefined) instance.active.abort(new RunAbortedError("cancelled"));
    else if (instance.retryTimer !== undefined) {
      clearRetry(instance);
      this.#endCancelled(instance);
    }
    return true;
  }

  /** Ends a run that no executor has. */
  #endCancelled(instance: LeasedInstance): void {
    const run = new ActiveRun(instance, undefined, this);
    run.abort(new RunAbortedError("cancelled"));
    this.#end(run, "cancelled", undefined);
  }

  /** Aborts the task's signal of an instance with a lost lease, and stops reporting for it. */
  #drop(instance: LeasedInstance): void {
    instance.dropped = true;
    clearRetry(instance);
    instance.active?.abort(new RunAbortedError("lease lost"));
    this.#removeWhenIdle(instance);
  }

  /** Removes a dropped instance once its task has returned. */
  #removeWhenIdle(instance: LeasedInstance): void {
    if (instance.active === undefined) this.#remove(instance);
  }

  #remove(instance: LeasedInstance): void {
    this.#context.leased.delete(instance);
    this.onSlotFreed(instance.job);
    if (this.#context.leased.size === 0) for (const resolve of this.#idleWaiters.splice(0)) resolve();
  }

  #release(instance: LeasedInstance, started?: ActiveRun): void {
    instance.dropped = true;
    this.#removeWhenIdle(instance);
    this.#releaser.release(instance, started);
  }

  // ── shutdown ────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Ends retries: a run that fails from now on has failed. */
  endRetries(): void {
    this.#mayRetry = false;
  }

  releaseWaitingRetries(): void {
    for (const instance of this.#context.leased.all()) {
      if (instance.retryTimer === undefined) continue;
      clearRetry(instance);
      this.#release(instance);
    }
  }

  /** Resolves when no instance is leased any more, or after `waitMs`. */
  async idle(waitMs: number): Promise<void> {
    if (this.#context.leased.size === 0 || waitMs <= 0) return;
    await new Promise<void>((resolve) => {
      const timer = this.#context.host.clock.setTimer(waitMs, resolve);
      this.#idleWaiters.push(() => {
        timer[Symbol.dispose]();
        resolve();
      });
    });
  }

  /**
   * Aborts all runs. Early ones end as cancelled, and the runs behind them are released when that is recorded; late ones,
   * and runs that have not started, are released once all reports are written (see `released`).
   */
  abortAll(): void {
    for (const instance of this.#context.leased.all()) {
      const run = instance.active as ActiveRun | undefined;
      run?.abort(new RunAbortedError("shutdown"));
      if (run === undefined || instance.dropped) continue;
      if (run.startedAt === null) this.#release(instance);
      else if (instance.job.ack === "late") this.#release(instance, run);
      else this.#endAborted(instance, run);
      this.#context.leased.delete(instance);
    }
  }

  /** Resolves when everything that other schedulers may reclaim is released. */
  released(): Promise<void> {
    return this.#releaser.settled();
  }

  #endAborted(instance: LeasedInstance, run: ActiveRun): void {
    instance.dropped = true;
    const last = instance.isLastRun;
    this.#report(run, { state: "cancelled", attempt: run.attempt, error: run.aborted, last }, (isRecorded) => {
      if (!isRecorded) return;
      this.#context.events.cancelled(run);
      if (!last) this.#releaser.release(instance);
    });
  }
}

/** Submits a run; an executor that throws has settled it as well. */
function submit(executor: Executor, run: ActiveRun): Promise<Outcome> {
  try {
    return executor.submit(run);
  } catch (error) {
    return Promise.resolve({ kind: "error", error });
  }
}

function skip(run: ActiveRun, reason: "missed" | "dropped"): false {
  run.skipped = reason;
  return false;
}

function isCancelled({ aborted }: ActiveRun): boolean {
  return aborted instanceof RunAbortedError && aborted.cause === "cancelled";
}

function clearRetry(instance: LeasedInstance): void {
  instance.retryTimer?.[Symbol.dispose]();
  instance.retryTimer = undefined;
}

function backoffMs({ delayMs, backoff, maxDelayMs }: Retries, attempt: number): number {
  return backoff === "fixed" ? delayMs : Math.min(maxDelayMs, delayMs * 2 ** (attempt - 1));
}
