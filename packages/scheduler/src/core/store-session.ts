import { durationText } from "../time/duration-text.js";
import type { Random } from "../triggers/trigger.js";
import { ActiveRun } from "./active-run.js";
import type { Clock } from "./clock.js";
import { RunAbortedError, RunTimeoutError, TaskNotFoundError } from "./errors.js";
import type { Events } from "./events.js";
import type { Execution } from "./execution.js";
import type { Executor, Logger, Outcome } from "./executor.js";
import { HeldInstance, HeldInstances } from "./held-instance.js";
import type { JobRecord, Retries } from "./job-record.js";
import type { Claims, Decision, JobStore, NewInstance, Report, TakenOver, Verdict } from "./job-store.js";
import { jobText, runTimeText } from "./job-text.js";
import type { Json } from "./json.js";
import { dueRuns } from "./misfire.js";
import { Pacer } from "./pacer.js";
import type { TaskFunction } from "./task.js";

/** What the session uses of its scheduler. */
export interface SessionHost {
  readonly id: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly verbose: boolean;
  readonly timezone: string;
  readonly events: Events;
  readonly leaseMs: number;
  readonly pollMs: number;
  readonly node: () => { host: string; pid: number; startedAt: number; state: "running" | "paused" | "stopping" };
  readonly paused: () => boolean;
  readonly executor: (alias: string) => Executor | undefined;
  readonly executors: () => Iterable<Executor>;
  readonly task: (name: string) => TaskFunction | undefined;
  readonly taskNames: () => readonly string[];
  readonly newId: () => string;
}

/** How many jobs one claim asks for. */
const BATCH = 200;
/** A store in this process has nobody to lose its lease to. */
const ENDLESS_MS = 1e14;
/** A run still under way after this long is written down as running. */
const ANNOUNCE_AFTER_MS = 250;
const HEARTBEAT_MS = 5_000;
const REAP_EVERY_MS = 1_000;
/** After a failing store call: doubled each time, from and to. */
const RETRY_FROM_MS = 50;
const RETRY_TO_MS = 1_000;
const ERROR_MAX = 2_000;
const STACK_MAX = 8_000;

/**
 * What one scheduler does with one store, from claiming what is due to reporting how it ended.
 * The main loop claims, decides and submits; a second one keeps leases alive, takes over what others dropped and shows
 * that this scheduler lives. Neither ever ends by an error: a store that fails is tried again.
 */
export class StoreSession {
  readonly #held = new HeldInstances();
  readonly #pacer: Pacer;
  readonly #keeperPacer: Pacer;
  readonly #leaseMs: number;
  #reports: { readonly report: Report; readonly settle: (recorded: boolean) => void }[] = [];
  #reporting: Promise<void> | undefined;
  /** Claimed jobs whose executor has no room: they wait here, so that others' jobs behind them do not. */
  #parked: { readonly job: JobRecord; readonly untilMonotonic: number }[] = [];
  #loops: Promise<void>[] = [];
  #unsubscribe: (() => void) | undefined;
  #stopping = false;
  #stopped = false;
  /** The store's clock minus the monotonic one, as of the last answer. */
  #storeOffsetMs = 0;
  #failures = 0;
  /** The keeper sleeps long because nothing is held. */
  #keeperRests = false;
  readonly #givingBack = new Set<Promise<void>>();
  #idle: (() => void)[] = [];

  constructor(
    readonly alias: string,
    readonly store: JobStore,
    private readonly host: SessionHost,
  ) {
    this.#pacer = new Pacer(host.clock);
    this.#keeperPacer = new Pacer(host.clock);
    this.#leaseMs = store.shared ? host.leaseMs : ENDLESS_MS;
  }

  /** The store must have been started. */
  start(): void {
    this.#unsubscribe = this.store.subscribe(() => this.wake());
    this.#loops = [this.#mainLoop()];
    this.#loops.push(this.#keeperLoop());
  }

  wake(): void {
    this.#pacer.wake();
    if (this.store.shared) this.#keeperPacer.wake();
  }

  get running(): number {
    return this.#held.size;
  }

  /** The store's time, as well as it is known here. */
  now(): number {
    if (!this.store.shared) {
      const now = this.store.now();
      if (typeof now === "number") return now;
    }
    return Math.floor(this.host.clock.monotonic() + this.#storeOffsetMs);
  }

  /**
   * Stops claiming, waits up to `waitMs` for what runs, then aborts the rest: early runs end as `cancelled`, late ones
   * are offered to other schedulers. What happened is written down before it resolves, unless the store is away.
   */
  async stop(waitMs: number): Promise<void> {
    this.#stopping = true;
    this.#unsubscribe?.();
    this.#pacer.wake();
    await this.#loops[0];
    this.#offerWaitingRetries();
    await this.#releaseParked();
    if (this.#held.size > 0 && waitMs > 0) await this.#untilIdle(waitMs);
    this.#abortAll();
    await Promise.all(this.#givingBack);
    await this.#flush();
    this.#stopped = true;
    this.#keeperPacer.wake();
    await Promise.all(this.#loops);
    if (this.store.shared) await this.#bestEffort("forget this node", () => this.store.forgetNode(this.host.id));
  }

  /** Holds and runs an instance that was opened by hand or taken over. */
  hold(instance: {
    instanceId: string;
    token: number;
    job: JobRecord;
    runs: NewInstance["runs"];
    attempt: number;
  }): void {
    const leaseEndsAt = this.host.clock.monotonic() + this.#leaseMs;
    const { instanceId, token, job, runs, attempt } = instance;
    this.#begin(new HeldInstance(instanceId, token, job, runs, attempt, leaseEndsAt));
  }

  #begin(held: HeldInstance): void {
    this.#held.add(held);
    if (this.#keeperRests) {
      this.#keeperRests = false;
      this.#keeperPacer.wake();
    }
    this.#submitted(held);
    this.#runNext(held);
  }

  /** The lease that new instances begin with. */
  get leaseMs(): number {
    return this.#leaseMs;
  }

  // ── the main loop: claim, decide, dispatch, submit ──────────────────────────────────────────────────────────────

  async #mainLoop(): Promise<void> {
    while (!this.#stopping) {
      const waitMs = await this.#pass();
      if (this.#stopping) return;
      if (waitMs > 0) await this.#sleepAtMost(waitMs);
    }
  }

  /** Sleeps in steps that the clock's jumps cannot stretch: a wall clock set forward ends the sleep early. */
  #sleepAtMost(waitMs: number): Promise<void> {
    return this.#pacer.sleep(Math.min(waitMs, this.host.pollMs));
  }

  /** One round; answers how long there is nothing to do. */
  async #pass(): Promise<number> {
    if (this.host.paused()) return this.host.pollMs;
    const parkedWork = this.#takeUnparked();
    if (parkedWork.length > 0) await this.#process(parkedWork, this.now());
    const room = this.#room();
    if (room <= 0 || this.#parked.length >= BATCH) return this.#untilCapacityMs();
    try {
      const askedAt = this.host.clock.monotonic();
      const answer = this.store.claimDue({
        owner: this.host.id,
        leaseMs: this.#leaseMs,
        limit: Math.min(BATCH, room),
        ...(this.store.shared ? { tasks: this.host.taskNames() } : {}),
      });
      const claims = answer instanceof Promise ? await answer : answer;
      this.#storeOffsetMs = claims.nowMs - (askedAt + this.host.clock.monotonic()) / 2;
      this.#failures = 0;
      this.#tellBroken(claims);
      const nextOfThese =
        claims.jobs.length > 0 ? await this.#process(claims.jobs, claims.nowMs) : Number.POSITIVE_INFINITY;
      return Math.max(0, Math.min(claims.nextDueMs ?? Number.POSITIVE_INFINITY, nextOfThese) - this.now());
    } catch (error) {
      return this.#failed("claim due jobs", error);
    }
  }

  /** How many more runs the roomiest executor takes. */
  #room(): number {
    let most = 0;
    for (const executor of this.host.executors()) most = Math.max(most, executor.capacity());
    return most;
  }

  #untilCapacityMs(): number {
    for (const executor of this.host.executors()) executor.onCapacity ??= () => this.wake();
    return 20;
  }

  /** Decides, writes that down and starts; answers when the first of these jobs is due again. */
  async #process(jobs: readonly JobRecord[], nowMs: number): Promise<number> {
    if (this.#stopping || this.host.paused()) {
      await this.#release(jobs);
      return Number.POSITIVE_INFINITY;
    }
    const roomOf = new Map<string, number>();
    const decisions: Decision[] = [];
    const sources: { job: JobRecord; cut: boolean }[] = [];
    for (const job of jobs) {
      if (!this.#hasRoom(job, roomOf)) continue;
      const due = dueRuns(job.trigger, job.nextRunMs!, nowMs, job.coalesce, this.host.random);
      decisions.push(this.#decision(job, due.runs, due.next));
      sources.push({ job, cut: due.cut });
    }
    const sentAt = this.host.clock.monotonic();
    const verdicts = await this.#dispatch(decisions);
    if (verdicts === undefined) return Number.POSITIVE_INFINITY;
    let earliest = Number.POSITIVE_INFINITY;
    for (let at = 0; at < verdicts.length; at++) {
      if (sources[at]!.cut) this.#tellCut(sources[at]!.job, decisions[at]!.instance!);
      this.#carryOut(decisions[at]!, verdicts[at]!, sentAt);
      const changedByOthers = verdicts[at]!.kind === "stale";
      earliest = Math.min(earliest, changedByOthers ? nowMs : (decisions[at]!.claim!.nextRunMs ?? earliest));
    }
    return earliest;
  }

  #hasRoom(job: JobRecord, roomOf: Map<string, number>): boolean {
    const executor = this.host.executor(job.executor);
    if (executor === undefined) return true; // its run ends as an error that names the executor
    const room = roomOf.get(job.executor) ?? executor.capacity();
    if (room <= 0) {
      executor.onCapacity ??= () => this.wake();
      this.#parked.push({ job, untilMonotonic: this.host.clock.monotonic() + this.#leaseMs * 0.8 });
      return false;
    }
    roomOf.set(job.executor, room - 1);
    return true;
  }

  /** Parked jobs whose executor has room again; those whose lease is nearly over are left to whoever claims them next. */
  #takeUnparked(): JobRecord[] {
    if (this.#parked.length === 0) return [];
    const now = this.host.clock.monotonic();
    const waiting = this.#parked.filter((parked) => parked.untilMonotonic > now);
    const ready = waiting.filter(({ job }) => (this.host.executor(job.executor)?.capacity() ?? 1) > 0);
    this.#parked = waiting.filter((parked) => !ready.includes(parked));
    return ready.map(({ job }) => job);
  }

  #decision(job: JobRecord, runs: readonly number[], next: number | null): Decision {
    return {
      jobId: job.id,
      claim: { version: job.version, nextRunMs: next },
      instance: {
        id: this.host.newId(),
        owner: this.host.id,
        leaseMs: this.#leaseMs,
        job,
        runs: runs.map((scheduledAt) => ({ executionId: this.host.newId(), scheduledAt })),
      },
    };
  }

  /** Repeated until the store answers or the claims' leases are over: whatever was done is found by the repetition. */
  async #dispatch(decisions: readonly Decision[]): Promise<readonly Verdict[] | undefined> {
    if (decisions.length === 0) return [];
    const giveUpAt = this.host.clock.monotonic() + this.#leaseMs * 0.5;
    for (;;) {
      try {
        const answer = this.store.dispatch(decisions);
        return answer instanceof Promise ? await answer : answer;
      } catch (error) {
        const waitMs = this.#failed("dispatch", error);
        if (this.host.clock.monotonic() + waitMs > giveUpAt) return undefined;
        await this.#pause(waitMs);
      }
    }
  }

  #carryOut(decision: Decision, verdict: Verdict, sentAt: number): void {
    const { job, id, runs } = decision.instance!;
    if (verdict.kind === "stale") return;
    if (verdict.kind === "max_instances")
      this.#tellMaxInstances(
        job,
        runs.map((run) => run.scheduledAt),
      );
    else if (verdict.runs.length > 0) {
      this.#begin(new HeldInstance(id, verdict.token, job, verdict.runs, 1, sentAt + this.#leaseMs));
    }
    if (decision.claim?.nextRunMs === null) {
      if (this.host.verbose) this.host.logger.info(`Removed job ${job.id}`);
      if (this.host.events.wants("job:removed")) {
        this.host.events.emit("job:removed", { jobId: job.id, store: this.alias });
      }
    }
  }

  // ── one run ─────────────────────────────────────────────────────────────────────────────────────────────────────

  #runNext(held: HeldInstance): void {
    const { func } = held.job;
    const task = typeof func === "string" ? this.host.task(func) : func;
    const executor = this.host.executor(held.job.executor);
    const run = new ActiveRun(held, task, this);
    held.active = run;
    if (executor === undefined) {
      this.#settled(run, { kind: "error", error: new Error(`executor: there is no executor "${held.job.executor}"`) });
      return;
    }
    if (task === undefined && executor.remote !== true) {
      this.#settled(run, { kind: "error", error: new TaskNotFoundError(String(func)) });
      return;
    }
    executor.submit(run).then(
      (outcome) => this.#settled(run, outcome),
      (error: unknown) => this.#settled(run, { kind: "error", error }),
    );
  }

  /** Judges, as the run leaves the queue, whether it may still start. */
  begin(run: ActiveRun): boolean | Promise<boolean> {
    if (run.held.dropped || run.aborted !== undefined) return this.#skip(run, "dropped");
    if (this.#isTooLate(run)) return this.#skip(run, "missed");
    if (this.host.clock.monotonic() < run.held.leaseEndsAt) return this.#started(run);
    return this.#stillHeld(run).then((held) => (held ? this.#started(run) : this.#skip(run, "dropped")));
  }

  #skip(run: ActiveRun, why: "missed" | "dropped"): false {
    run.skipped = why;
    return false;
  }

  /** A misfire, judged at the start as APScheduler 3 does; a run that was started before is late for another reason. */
  #isTooLate({ job, scheduledAt, attempt }: ActiveRun): boolean {
    return attempt === 1 && job.misfireGraceTime !== null && this.now() - scheduledAt > job.misfireGraceTime * 1_000;
  }

  /** Asks the store, because our own clock says the lease is over. */
  async #stillHeld({ held }: ActiveRun): Promise<boolean> {
    const askedAt = this.host.clock.monotonic();
    try {
      const { lost } = await this.store.renew([{ instanceId: held.id, token: held.token }], this.#leaseMs);
      if (lost.length > 0) this.#drop(held);
      else held.leaseEndsAt = askedAt + this.#leaseMs;
      return lost.length === 0;
    } catch (error) {
      this.#failed("renew a lease", error);
      return false;
    }
  }

  #started(run: ActiveRun): true {
    const { job } = run;
    run.startedAt = this.now();
    if (job.timeoutMs !== null) {
      const { timeoutMs } = job;
      run.timeout = this.host.clock.setTimer(timeoutMs, () => run.abort(new RunTimeoutError(timeoutMs)));
    }
    if (this.host.verbose) {
      const at = runTimeText(run.scheduledAt, this.host.timezone);
      this.host.logger.info(`Running job "${jobText(job, this.host.timezone)}" (scheduled at ${at})`);
    }
    if (this.host.events.wants("job:started")) this.host.events.emit("job:started", this.#eventOf(run));
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
    else if (outcome.kind === "executed") this.#end(run, "executed", outcome.value);
    else this.#settledError(run, outcome.error);
  }

  #settledUnstarted(run: ActiveRun): void {
    if (run.skipped === "missed") {
      const { job } = run;
      const lateMs = this.now() - run.scheduledAt;
      this.host.logger.warn(
        `Run time of job "${jobText(job, this.host.timezone)}" was missed by ${durationText(lateMs)}`,
      );
      this.#end(run, "missed", undefined);
    } else if (run.aborted instanceof RunAbortedError && run.aborted.cause === "cancelled") {
      this.#end(run, "cancelled", undefined);
    } else {
      this.#giveBack(run.held);
    }
  }

  #settledError(run: ActiveRun, error: unknown): void {
    const reason = run.aborted;
    if (reason instanceof RunAbortedError && reason.cause === "cancelled") {
      this.#end(run, "cancelled", undefined, error);
      return;
    }
    const { retries } = run.job;
    if (retries !== null && run.attempt <= retries.max && !this.#stopping) {
      this.#retryLater(run, retries, error);
      return;
    }
    this.host.logger.error(`Job "${jobText(run.job, this.host.timezone)}" raised an exception: ${stackOf(error)}`);
    this.#end(run, "error", undefined, reason instanceof RunTimeoutError ? reason : error);
  }

  #retryLater(run: ActiveRun, retries: Retries, error: unknown): void {
    const { held } = run;
    const waitMs = backoffMs(retries, run.attempt);
    held.attempt = run.attempt + 1;
    this.#report(run, "submitted", undefined, error, held.attempt, false, (recorded) => {
      if (!recorded) this.#drop(held);
    });
    held.retryTimer = this.host.clock.setTimer(waitMs, () => {
      held.retryTimer = undefined;
      if (!held.dropped) this.#runNext(held);
    });
    this.host.events.emit("job:retry", { ...this.#eventOf(run), error, retryAt: this.now() + waitMs });
  }

  /** Writes the end of a run down, tells the listeners when that is done, and goes on with the instance's next run. */
  #end(
    run: ActiveRun,
    state: "executed" | "error" | "missed" | "cancelled",
    value: Json | undefined,
    error?: unknown,
  ): void {
    const { held } = run;
    const last = held.isLastRun;
    const finishedAt = this.now();
    held.closing = last;
    this.#report(run, state, value, error, run.attempt, last, (recorded) => {
      if (recorded) this.#tellEnd(run, state, finishedAt, value, error);
      else this.#tellLost(run);
      if (last) this.#remove(held);
      else if (!recorded) this.#drop(held);
    });
    if (!last) {
      held.index++;
      held.attempt = 1;
      this.#runNext(held);
    }
  }

  #remove(held: HeldInstance): void {
    this.#held.delete(held);
    if (this.#held.size === 0) for (const resolve of this.#idle.splice(0)) resolve();
  }

  /** A dropped instance leaves the books when its task has come back. */
  #removeIfDone(held: HeldInstance): void {
    if (held.active === undefined) this.#remove(held);
  }

  /** The lease is lost: the task hears it by its signal, and nothing more is written in its name. */
  #drop(held: HeldInstance): void {
    held.dropped = true;
    held.retryTimer?.[Symbol.dispose]();
    held.retryTimer = undefined;
    held.active?.abort(new RunAbortedError("lease lost"));
    this.#removeIfDone(held);
  }

  /** For another scheduler, or this one, to take over at once; what had started already is at its next attempt then. */
  #giveBack(held: HeldInstance, started?: ActiveRun): void {
    held.dropped = true;
    this.#removeIfDone(held);
    const offered = this.#bestEffort("offer a run", async () => {
      if (started !== undefined) {
        await this.store.report([this.#newsOf(started, "submitted", undefined, undefined, started.attempt + 1, false)]);
      }
      await this.store.offer([{ instanceId: held.id, token: held.token }]);
    });
    this.#givingBack.add(offered);
    void offered.then(() => this.#givingBack.delete(offered));
  }

  // ── reports, in groups: whatever comes while one group is being written makes the next ──────────────────────────

  #report(
    run: ActiveRun,
    state: Report["state"],
    value: Json | undefined,
    error: unknown,
    attempt: number,
    last: boolean,
    settle: (recorded: boolean) => void,
  ): void {
    this.#reports.push({ report: this.#newsOf(run, state, value, error, attempt, last), settle });
    this.#reporting ??= this.#writeReports();
  }

  #newsOf(
    run: ActiveRun,
    state: Report["state"],
    value: Json | undefined,
    error: unknown,
    attempt: number,
    last: boolean,
  ): Report {
    const ended = state !== "running" && state !== "submitted";
    return {
      instanceId: run.held.id,
      token: run.held.token,
      executionId: run.executionId,
      state,
      attempt,
      startedAt: run.startedAt,
      finishedAt: ended ? this.now() : null,
      result: value ?? null,
      error: error === undefined ? null : messageOf(error).slice(0, ERROR_MAX),
      stack: error === undefined ? null : stackOf(error).slice(0, STACK_MAX),
      last,
    };
  }

  async #writeReports(): Promise<void> {
    await Promise.resolve(); // what ends in the same turn goes together
    while (this.#reports.length > 0) {
      const group = this.#reports.splice(0, BATCH);
      const answers = await this.#recorded(group.map(({ report }) => report));
      for (let at = 0; at < group.length; at++) group[at]!.settle(answers[at] ?? false);
    }
    this.#reporting = undefined;
  }

  /** Tried until the store answers; leases are over by then if it was away for long, and it will say so. */
  async #recorded(reports: readonly Report[]): Promise<readonly boolean[]> {
    for (;;) {
      try {
        const answer = this.store.report(reports);
        return answer instanceof Promise ? await answer : answer;
      } catch (error) {
        if (this.#stopped) return [];
        await this.#pause(this.#failed("report", error));
      }
    }
  }

  async #flush(): Promise<void> {
    if (this.#reporting === undefined) return;
    const deadline = this.host.clock.setTimer(this.store.shared ? 5_000 : 0, () => {
      this.#stopped = true;
    });
    await this.#reporting;
    deadline[Symbol.dispose]();
  }

  // ── the keeper: leases, takeovers, heartbeat ────────────────────────────────────────────────────────────────────

  async #keeperLoop(): Promise<void> {
    let nextRenewal = 0;
    let nextReap = 0;
    let nextHeartbeat = 0;
    while (!this.#stopped) {
      if (this.store.shared) {
        const now = this.host.clock.monotonic();
        if (now >= nextRenewal) {
          await this.#renew();
          nextRenewal = now + this.#leaseMs / 4;
        }
        if (now >= nextReap && !this.#stopping && !this.host.paused()) {
          nextReap = now + (await this.#reap());
        }
        if (now >= nextHeartbeat) {
          await this.#heartbeat();
          nextHeartbeat = now + HEARTBEAT_MS;
        }
      }
      this.#announceLongRuns();
      if (this.#stopped) return;
      this.#keeperRests = this.#held.size === 0;
      const quiet = this.#held.size > 0 ? ANNOUNCE_AFTER_MS : this.store.shared ? REAP_EVERY_MS : this.host.pollMs;
      await this.#keeperPacer.sleep(Math.min(quiet, this.#leaseMs / 4));
    }
  }

  async #renew(): Promise<void> {
    const all = this.#held.all().filter((held) => !held.dropped);
    for (let from = 0; from < all.length; from += BATCH) {
      const group = all.slice(from, from + BATCH);
      const askedAt = this.host.clock.monotonic();
      await this.#bestEffort("renew leases", async () => {
        const { lost, cancel } = await this.store.renew(
          group.map((held) => ({ instanceId: held.id, token: held.token })),
          this.#leaseMs,
        );
        const gone = new Set(lost);
        for (const held of group) {
          if (!gone.has(held.id)) held.leaseEndsAt = askedAt + this.#leaseMs;
          else if (held.slot >= 0 && !held.closing) this.#lostWhileHeld(held);
        }
        for (const executionId of cancel) this.abortExecution(executionId);
      });
    }
  }

  #lostWhileHeld(held: HeldInstance): void {
    const { run, job } = held;
    this.host.logger.warn(`The lease of job "${job.name}" (execution ${run.executionId}) was lost while it ran`);
    this.#drop(held);
  }

  /** Aborts it if it is this scheduler's; true if it was. */
  abortExecution(executionId: string): boolean {
    const held = this.#held.all().find(({ run }) => run.executionId === executionId);
    if (held === undefined) return false;
    const reason = new RunAbortedError("cancelled");
    if (held.active !== undefined) held.active.abort(reason);
    else if (held.retryTimer !== undefined) {
      held.retryTimer[Symbol.dispose]();
      held.retryTimer = undefined;
      const run = new ActiveRun(held, undefined, this);
      run.abort(reason);
      this.#end(run, "cancelled", undefined);
    }
    return true;
  }

  /** Takes over what dead schedulers dropped; answers when to look again, ms. */
  async #reap(): Promise<number> {
    const limit = Math.min(BATCH, this.#room());
    if (limit <= 0) return REAP_EVERY_MS;
    try {
      const tasks = this.host.taskNames();
      const reaped = await this.store.reap({ owner: this.host.id, leaseMs: this.#leaseMs, limit, tasks });
      for (const execution of reaped.lost) this.#tellReaped(execution);
      for (const instance of reaped.takenOver) this.#takeOver(instance);
      if (reaped.nextExpiryMs === null) return REAP_EVERY_MS;
      return Math.min(REAP_EVERY_MS, Math.max(20, reaped.nextExpiryMs - reaped.nowMs + 1));
    } catch (error) {
      return this.#failed("look for runs to take over", error);
    }
  }

  #takeOver(instance: TakenOver): void {
    if (instance.runs.length === 0) return;
    this.host.logger.info(`Took over job "${instance.job.name}" (attempt ${instance.attempt})`);
    this.hold(instance);
  }

  #tellReaped(execution: Execution): void {
    const { id, jobId, jobName, scheduledAt, attempt } = execution;
    this.host.logger.error(
      `Job "${jobName}" (execution ${id}) was lost: the scheduler that ran it ended or did not renew its lease`,
    );
    this.host.events.emit("job:lost", { executionId: id, jobId, store: this.alias, scheduledAt, attempt });
  }

  #heartbeat(): Promise<void> {
    const node = { id: this.host.id, ...this.host.node(), running: this.#held.size, seenAt: 0 };
    return this.#bestEffort("heartbeat", () => this.store.heartbeat(node));
  }

  #announceLongRuns(): void {
    const now = this.now();
    for (const held of this.#held.all()) {
      const run = held.active as ActiveRun | undefined;
      if (run === undefined || run.startedAt === null || run.announced || held.dropped) continue;
      if (now - run.startedAt < ANNOUNCE_AFTER_MS) continue;
      run.announced = true;
      this.#report(run, "running", undefined, undefined, run.attempt, false, () => {});
    }
  }

  // ── stopping ────────────────────────────────────────────────────────────────────────────────────────────────────

  #offerWaitingRetries(): void {
    for (const held of this.#held.all()) {
      if (held.retryTimer === undefined) continue;
      held.retryTimer[Symbol.dispose]();
      held.retryTimer = undefined;
      this.#giveBack(held);
    }
  }

  async #untilIdle(waitMs: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = this.host.clock.setTimer(waitMs, resolve);
      this.#idle.push(() => {
        timer[Symbol.dispose]();
        resolve();
      });
    });
  }

  #abortAll(): void {
    for (const held of this.#held.all()) {
      const run = held.active as ActiveRun | undefined;
      run?.abort(new RunAbortedError("shutdown"));
      if (run === undefined || held.dropped) continue;
      if (run.startedAt === null) this.#giveBack(held);
      else if (held.job.ack === "late") this.#giveBack(held, run);
      else {
        held.dropped = true;
        this.#report(run, "cancelled", undefined, run.aborted, run.attempt, held.isLastRun, (recorded) => {
          if (recorded) this.host.events.emit("job:cancelled", this.#eventOf(run));
        });
      }
      this.#held.delete(held);
    }
  }

  async #releaseParked(): Promise<void> {
    await this.#release(this.#parked.splice(0).map(({ job }) => job));
  }

  async #release(jobs: readonly JobRecord[]): Promise<void> {
    if (jobs.length === 0) return;
    const claims = jobs.map((job) => ({ jobId: job.id, version: job.version }));
    await this.#bestEffort("release claims", () => this.store.release(claims));
  }

  // ── small things ────────────────────────────────────────────────────────────────────────────────────────────────

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.host.clock.setTimer(ms, resolve);
    });
  }

  async #bestEffort(what: string, call: () => unknown): Promise<void> {
    try {
      await call();
    } catch (error) {
      this.#failed(what, error);
    }
  }

  /** Says so (once a series, then each time the wait has doubled) and answers how long to wait. */
  #failed(what: string, error: unknown): number {
    const waitMs = Math.min(RETRY_TO_MS, RETRY_FROM_MS * 2 ** Math.min(this.#failures++, 10));
    this.host.logger.error(`Job store "${this.alias}" failed to ${what}: ${messageOf(error)}; again in ${waitMs} ms`);
    return Math.ceil(waitMs * (0.5 + this.host.random() / 2));
  }

  #eventOf(run: ActiveRun) {
    const { executionId, jobId, scheduledAt, attempt } = run;
    return { executionId, jobId, store: this.alias, scheduledAt, attempt };
  }

  #submitted(held: HeldInstance): void {
    if (!this.host.events.wants("job:submitted")) return;
    const scheduledRunTimes = held.runs.map((run) => run.scheduledAt);
    this.host.events.emit("job:submitted", { jobId: held.job.id, store: this.alias, scheduledRunTimes });
  }

  #tellMaxInstances(job: JobRecord, scheduledRunTimes: readonly number[]): void {
    const text = jobText(job, this.host.timezone);
    this.host.logger.warn(
      `Execution of job "${text}" skipped: maximum number of running instances reached (${job.maxInstances})`,
    );
    this.host.events.emit("job:maxInstances", { jobId: job.id, store: this.alias, scheduledRunTimes });
  }

  #tellEnd(run: ActiveRun, state: string, finishedAt: number, value: Json | undefined, error: unknown): void {
    const { events, logger, verbose, timezone } = this.host;
    if (state === "executed") {
      if (verbose) logger.info(`Job "${jobText(run.job, timezone)}" executed successfully`);
      if (!events.wants("job:executed")) return;
      events.emit("job:executed", { ...this.#eventOf(run), value, durationMs: finishedAt - run.startedAt! });
    } else if (state === "error") {
      const durationMs = run.startedAt === null ? null : finishedAt - run.startedAt;
      events.emit("job:error", { ...this.#eventOf(run), error, durationMs });
    } else if (state === "missed") events.emit("job:missed", this.#eventOf(run));
    else events.emit("job:cancelled", this.#eventOf(run));
  }

  #tellLost(run: ActiveRun): void {
    this.host.logger.warn(
      `The end of job "${run.jobName}" (execution ${run.executionId}) came after its lease was lost`,
    );
    this.host.events.emit("job:lost", this.#eventOf(run));
  }

  #tellCut(job: JobRecord, instance: NewInstance): void {
    this.host.logger.warn(
      `Job "${jobText(job, this.host.timezone)}" missed more runs than are kept: only the last ${instance.runs.length} run`,
    );
    const { executionId } = instance.runs[0]!;
    const event = { executionId, jobId: job.id, store: this.alias, scheduledAt: job.nextRunMs!, attempt: 1 };
    this.host.events.emit("job:missed", { ...event, skipped: 1 });
  }

  #tellBroken(claims: Claims): void {
    for (const { id, reason } of claims.broken) {
      this.host.logger.error(`Unable to read job "${id}" of job store "${this.alias}": ${reason}`);
    }
  }
}

function backoffMs({ delayMs, backoff, maxDelayMs }: Retries, attempt: number): number {
  return backoff === "fixed" ? delayMs : Math.min(maxDelayMs, delayMs * 2 ** (attempt - 1));
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
