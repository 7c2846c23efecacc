import { RunAbortedError, RunTimeoutError, TaskNotFoundError } from "../core/errors.js";
import type { Executor, Outcome } from "../core/executor.js";
import type { JobRecord, Retries } from "../core/job-record.js";
import type { NewInstance, Queued } from "../core/job-store.js";
import type { Json } from "../core/json.js";
import { ActiveRun, type RunKeeper } from "./active-run.js";
import { isMisfire } from "./due-runs.js";
import type { HeldInstance } from "./leased-instance.js";
import type { RunEnd } from "./run-events.js";
import { type RunNews, reportOf } from "./run-report.js";
import type { SessionParts } from "./worker-context.js";

/** A run still under way after this long is written down as running. */
const ANNOUNCE_AFTER_MS = 250;

/** Takes each held instance through its runs, one after the other: begin, execute, report, and retry. */
export class Runner implements RunKeeper {
  /** Called when an instance has come to those that are held. */
  onHeld: () => void = () => {};
  /** Called when a run has been left waiting in the store. */
  onQueued: () => void = () => {};
  /** Called when an instance has been offered to any scheduler, this one as well. */
  onOffered: () => void = () => {};
  /** Called when an instance is held no more: a run of its job may be waiting for that. */
  onFreed: (job: JobRecord) => void = () => {};
  readonly #parts: SessionParts;
  #mayRetry = true;
  #idle: (() => void)[] = [];
  readonly #givingBack = new Set<Promise<void>>();

  constructor(parts: SessionParts) {
    this.#parts = parts;
  }

  hold(held: HeldInstance): void {
    this.#parts.held.add(held);
    this.onHeld();
    this.#parts.news.submitted(held);
    this.#runNext(held);
  }

  /** A run waits in the store for its place; what stood in its way and is held here is asked to end at once. */
  queued(instance: NewInstance, verdict: Queued): void {
    this.#parts.news.queued(instance, verdict);
    for (const executionId of verdict.cancel) this.abortExecution(executionId);
    this.onQueued();
  }

  // ── one run ─────────────────────────────────────────────────────────────────────────────────────────────────────

  #runNext(held: HeldInstance): void {
    const { host } = this.#parts;
    const { func } = held.job;
    const task = typeof func === "string" ? host.task(func) : func;
    const executor = host.executor(held.job.executor);
    const run = new ActiveRun(held, task, this);
    held.active = run;
    if (held.cancelled.has(run.executionId)) {
      held.active = undefined;
      this.#endCancelled(held);
      return;
    }
    if (executor === undefined) {
      held.active = undefined;
      this.#giveBack(held); // removed meanwhile: another scheduler has one, or this one will
      return;
    }
    if (task === undefined && executor.remote !== true) {
      this.#settled(run, { kind: "error", error: new TaskNotFoundError(String(func)) });
      return;
    }
    submitted(executor, run).then(
      (outcome) => this.#settled(run, outcome),
      (error: unknown) => this.#settled(run, { kind: "error", error }),
    );
  }

  /** Judges, as the run leaves the queue, whether it may still start. */
  begin(run: ActiveRun): boolean | Promise<boolean> {
    if (run.held.dropped || run.aborted !== undefined) return this.#skip(run, "dropped");
    if (this.#isTooLate(run)) return this.#skip(run, "missed");
    if (this.#parts.host.clock.monotonic() < run.held.leaseEndsAt) return this.#started(run);
    return this.#stillHeld(run).then((held) => (held ? this.#started(run) : this.#skip(run, "dropped")));
  }

  #skip(run: ActiveRun, why: "missed" | "dropped"): false {
    run.skipped = why;
    return false;
  }

  /** A misfire, judged at the start as APScheduler 3 does; a run that was started before is late for another reason. */
  #isTooLate({ job, scheduledAt, attempt }: ActiveRun): boolean {
    return attempt === 1 && isMisfire(job, scheduledAt, job.misfiresJudgedMs ?? this.#parts.time.now());
  }

  /** Asks the store, because our own clock says the lease is over. */
  async #stillHeld({ held }: ActiveRun): Promise<boolean> {
    const { store, host, leaseMs, trouble } = this.#parts;
    const askedAt = host.clock.monotonic();
    try {
      const { lost } = await store.renew([{ instanceId: held.id, token: held.token }], leaseMs);
      if (lost.length > 0) this.#drop(held);
      else held.leaseEndsAt = askedAt + leaseMs;
      return lost.length === 0;
    } catch (error) {
      trouble.failed("renew a lease", error);
      return false;
    }
  }

  #started(run: ActiveRun): true {
    const { host, time, news } = this.#parts;
    const { timeoutMs } = run.job;
    run.startedAt = time.now();
    if (timeoutMs !== null) {
      run.timeout = host.clock.setTimer(timeoutMs, () => run.abort(new RunTimeoutError(timeoutMs)));
    }
    news.started(run);
    return true;
  }

  #settled(run: ActiveRun, outcome: Outcome): void {
    run.timeout?.[Symbol.dispose]();
    const { held } = run;
    held.active = undefined;
    if (held.dropped) {
      this.#removeIfDone(held);
      return;
    }
    if (outcome.kind === "skipped") this.#settledUnstarted(run);
    else if (outcome.kind === "executed") this.#end(run, isCancelled(run) ? "cancelled" : "executed", outcome.value);
    else this.#settledError(run, outcome.error);
  }

  #settledUnstarted(run: ActiveRun): void {
    if (run.skipped === "missed") {
      this.#parts.news.missed(run, this.#parts.time.now() - run.scheduledAt);
      this.#end(run, "missed", undefined);
    } else if (isCancelled(run)) {
      this.#end(run, "cancelled", undefined);
    } else {
      this.#giveBack(run.held);
    }
  }

  #settledError(run: ActiveRun, thrown: unknown): void {
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
    this.#parts.news.failed(run, error);
    this.#end(run, "error", undefined, reason instanceof RunTimeoutError ? reason : error);
  }

  #retryLater(run: ActiveRun, retries: Retries, error: unknown): void {
    const { host, time, news } = this.#parts;
    const { held } = run;
    const waitMs = backoffMs(retries, run.attempt);
    held.attempt = run.attempt + 1;
    this.#report(run, { state: "submitted", attempt: held.attempt, error, last: false }, (recorded) => {
      if (!recorded) this.#drop(held);
    });
    held.retryTimer = host.clock.setTimer(waitMs, () => {
      held.retryTimer = undefined;
      if (!held.dropped) this.#runNext(held);
    });
    news.willRetry(run, error, time.now() + waitMs);
  }

  /** Writes the end of a run down, tells the listeners when that is done, and goes on with the instance's next run. */
  #end(run: ActiveRun, state: RunEnd["state"], value: Json | undefined, error?: unknown): void {
    const { news, time } = this.#parts;
    const { held } = run;
    const last = held.isLastRun;
    const end: RunEnd = { state, finishedAt: time.now(), value, error };
    held.closing = last;
    this.#report(run, { state, attempt: run.attempt, value, error, last }, (recorded) => {
      if (recorded) news.ended(run, end);
      else news.endedTooLate(run);
      if (last) this.#remove(held);
      else if (!recorded) this.#drop(held);
    });
    if (!last) {
      held.index++;
      held.attempt = 1;
      this.#runNext(held);
    }
  }

  #report(run: ActiveRun, news: RunNews, settle: (recorded: boolean) => void): void {
    this.#parts.reports.add(reportOf(run, news, this.#parts.time.now()), (recorded) => {
      if (!recorded) run.held.unrecorded = true;
      settle(recorded);
    });
  }

  announceLongRuns(): void {
    const now = this.#parts.time.now();
    for (const held of this.#parts.held.all()) {
      const run = held.active as ActiveRun | undefined;
      if (run === undefined || run.startedAt === null || run.announced || held.dropped) continue;
      if (now - run.startedAt < ANNOUNCE_AFTER_MS) continue;
      run.announced = true;
      this.#report(run, { state: "running", attempt: run.attempt, last: false }, () => {});
    }
  }

  // ── letting go ──────────────────────────────────────────────────────────────────────────────────────────────────

  /** The store says that the instance is another's. */
  leaseLost(held: HeldInstance): void {
    this.#parts.news.leaseLost(held);
    this.#drop(held);
  }

  /** Aborts it if it is this scheduler's; true if it was. */
  abortExecution(executionId: string): boolean {
    const held = this.#parts.held.all().find(({ runs }) => runs.some((run) => run.executionId === executionId));
    const at = held?.runs.findIndex((run) => run.executionId === executionId) ?? -1;
    if (held === undefined || at < held.index) return false;
    if (at > held.index) held.cancelled.add(executionId);
    else if (held.active !== undefined) held.active.abort(new RunAbortedError("cancelled"));
    else if (held.retryTimer !== undefined) {
      endRetryWait(held);
      this.#endCancelled(held);
    }
    return true;
  }

  /** Ends a run that no executor has. */
  #endCancelled(held: HeldInstance): void {
    const run = new ActiveRun(held, undefined, this);
    run.abort(new RunAbortedError("cancelled"));
    this.#end(run, "cancelled", undefined);
  }

  /** The lease is lost: the task hears it by its signal, and nothing more is written in its name. */
  #drop(held: HeldInstance): void {
    held.dropped = true;
    endRetryWait(held);
    held.active?.abort(new RunAbortedError("lease lost"));
    this.#removeIfDone(held);
  }

  /** A dropped instance leaves the books when its task has come back. */
  #removeIfDone(held: HeldInstance): void {
    if (held.active === undefined) this.#remove(held);
  }

  #remove(held: HeldInstance): void {
    this.#parts.held.delete(held);
    this.onFreed(held.job);
    if (this.#parts.held.size === 0) for (const resolve of this.#idle.splice(0)) resolve();
  }

  /** For another scheduler, or this one, to take over at once; what had started already is at its next attempt then. */
  #giveBack(held: HeldInstance, started?: ActiveRun): void {
    held.dropped = true;
    this.#removeIfDone(held);
    this.#offer(held, started);
  }

  /** Not before the ends of its earlier runs are written: the next holder starts what is open. */
  #offer(held: HeldInstance, started?: ActiveRun): void {
    const { store, time, trouble, reports } = this.#parts;
    const offered = trouble.bestEffort("offer a run", async () => {
      await reports.written();
      if (held.unrecorded) return;
      if (started !== undefined) {
        const news = { state: "submitted", attempt: started.attempt + 1, last: false } as const;
        await store.report([reportOf(started, news, time.now())]);
      }
      await store.offer([{ instanceId: held.id, token: held.token }]);
      this.onOffered();
    });
    this.#givingBack.add(offered);
    void offered.then(() => this.#givingBack.delete(offered));
  }

  // ── stopping ────────────────────────────────────────────────────────────────────────────────────────────────────

  /** What fails from now on is not tried again here. */
  endRetries(): void {
    this.#mayRetry = false;
  }

  offerWaitingRetries(): void {
    for (const held of this.#parts.held.all()) {
      if (held.retryTimer === undefined) continue;
      endRetryWait(held);
      this.#giveBack(held);
    }
  }

  /** Resolves when nothing is held any more, or `waitMs` have passed. */
  async idle(waitMs: number): Promise<void> {
    if (this.#parts.held.size === 0 || waitMs <= 0) return;
    await new Promise<void>((resolve) => {
      const timer = this.#parts.host.clock.setTimer(waitMs, resolve);
      this.#idle.push(() => {
        timer[Symbol.dispose]();
        resolve();
      });
    });
  }

  /**
   * Early runs end as cancelled, which is reported, and the runs behind them are offered to others then; late ones, and
   * what has not started, are offered once all reports are written (see `givenBack`).
   */
  abortAll(): void {
    for (const held of this.#parts.held.all()) {
      const run = held.active as ActiveRun | undefined;
      run?.abort(new RunAbortedError("shutdown"));
      if (run === undefined || held.dropped) continue;
      if (run.startedAt === null) this.#giveBack(held);
      else if (held.job.ack === "late") this.#giveBack(held, run);
      else this.#endAborted(held, run);
      this.#parts.held.delete(held);
    }
  }

  /** Resolves when what others may take over has been offered. */
  async givenBack(): Promise<void> {
    await Promise.all(this.#givingBack);
  }

  #endAborted(held: HeldInstance, run: ActiveRun): void {
    held.dropped = true;
    const news = { state: "cancelled", attempt: run.attempt, error: run.aborted, last: held.isLastRun } as const;
    this.#report(run, news, (recorded) => {
      if (!recorded) return;
      this.#parts.news.cancelled(run);
      if (!news.last) this.#offer(held);
    });
  }
}

/** An executor that throws at once has settled as well. */
function submitted(executor: Executor, run: ActiveRun): Promise<Outcome> {
  try {
    return executor.submit(run);
  } catch (error) {
    return Promise.resolve({ kind: "error", error });
  }
}

function isCancelled({ aborted }: ActiveRun): boolean {
  return aborted instanceof RunAbortedError && aborted.cause === "cancelled";
}

function endRetryWait(held: HeldInstance): void {
  held.retryTimer?.[Symbol.dispose]();
  held.retryTimer = undefined;
}

function backoffMs({ delayMs, backoff, maxDelayMs }: Retries, attempt: number): number {
  return backoff === "fixed" ? delayMs : Math.min(maxDelayMs, delayMs * 2 ** (attempt - 1));
}
