import { hostname } from "node:os";
import { openConfig } from "../config/open-config.js";
import type { ConfigParts } from "../config/opener.js";
import {
  EXECUTIONS,
  type ExecutionListQuery,
  PRINT_JOBS,
  type PrintJobsOptions,
  REMOVE_EXECUTOR,
  REMOVE_STORE,
  type RemoveExecutorOptions,
  type RemoveStoreOptions,
  SHUTDOWN,
  type ShutdownOptions,
  START,
  type StartOptions,
} from "../core/call-options.js";
import { checkNumbers } from "../core/check-value.js";
import { type Clock, systemClock } from "../core/clock.js";
import { thrownLine } from "../core/describe-thrown.js";
import { JobSpecError, SchedulerStateError } from "../core/errors.js";
import { type CodedEvent, EVENT_ALL, Events, type Listener, type SchedulerEventName } from "../core/events.js";
import type { DurationStatistics, Execution, ExecutionPage } from "../core/execution.js";
import type { Executor } from "../core/executor.js";
import type { JobRecord } from "../core/job-record.js";
import { type JobPatch, type JobSpec, STORE_DEFAULT } from "../core/job-spec.js";
import type { JobStore, NodeOffers, SchedulerNode } from "../core/job-store.js";
import type { Json } from "../core/json.js";
import type { WithArguments } from "../core/json-arguments.js";
import { checkKnown } from "../core/known-options.js";
import type { Logger } from "../core/logger.js";
import { defaultLogger, safeLogger } from "../core/logger.js";
import { idMaker } from "../core/new-id.js";
import { liveNodes, type Missing, missingOf } from "../core/orphans.js";
import { checkSchedulerOptions, type SchedulerOptions } from "../core/scheduler-options.js";
import type { TaskFunction, TaskOptions } from "../core/task.js";
import { AsyncExecutor } from "../executors/async-executor.js";
import { MemoryJobStore } from "../stores/memory.js";
import { localZone } from "../time/local-zone.js";
import { portableZone } from "../time/portable-zone.js";
import type { Trigger, TriggerState } from "../triggers/trigger.js";
import { deleteExecutionsBefore, HistoryPruner } from "../worker/history-pruner.js";
import { type Backfill, type BackfillOptions, backfill } from "./backfill.js";
import { Declarations, type DeclaredJobs, type DeclaredSpec, type DeclareOptions } from "./declarations.js";
import { deferred } from "./deferred.js";
import { ExecutorSet } from "./executor-set.js";
import type { Job, JobKeeper, PauseOptions, RunNowOptions } from "./job.js";
import { JobChanger } from "./job-changer.js";
import { JobFinder, type JobList, type JobListQuery } from "./job-finder.js";
import { JobRemover } from "./job-remover.js";
import { JobAdder } from "./jobs.js";
import { PendingJobs } from "./pending-jobs.js";
import { runNow } from "./run-now.js";
import { addDeclared, checkScheduled, type ScheduledSpec } from "./scheduled.js";
import type { SchedulerParts } from "./scheduler-context.js";
import { StoreSet } from "./store-set.js";
import { TaskRegistry } from "./task-registry.js";

/** A job that no live scheduler of its store can run. */
export interface Orphan extends Missing {
  readonly job: Job;
  readonly store: string;
}

/** State of a scheduler. */
export type SchedulerState = "stopped" | "running" | "paused" | "stopping";

/** How long a store that is removed lets what runs finish. */
const REMOVAL_MS = 30_000;
const DAY_MS = 86_400_000;

/**
 * Runs jobs when their triggers say, from any number of stores, on any number of executors; several schedulers may
 * share a store. See README for a tour and docs/guarantees.md for what is promised.
 */
export class Scheduler implements AsyncDisposable, JobKeeper {
  readonly id: string;
  readonly timezone: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly #events: Events;
  readonly #tasks = new TaskRegistry();
  readonly #stores: StoreSet;
  readonly #executors: ExecutorSet;
  readonly #parts: SchedulerParts;
  readonly #adder: JobAdder;
  readonly #finder: JobFinder;
  readonly #changer: JobChanger;
  readonly #remover: JobRemover;
  readonly #declarations: Declarations;
  readonly #historyMs: number;
  #state: SchedulerState = "stopped";
  #starting: Promise<void> | undefined;
  #startedAt = 0;
  #ended: ReturnType<typeof deferred> | undefined;
  #pruner: HistoryPruner | undefined;

  constructor(options: SchedulerOptions = {}) {
    checkSchedulerOptions(options);
    const random = options.random ?? Math.random;
    const newId = idMaker(random);
    const clock = options.clock ?? systemClock({ unref: options.unref ?? false });
    const logger = safeLogger(options.logger ?? defaultLogger);
    const timezone = timezoneOf(options, logger);
    const events = new Events((error) => logger.error(`A listener failed: ${thrownLine(error)}`));
    const tasks = this.#tasks;
    this.id = newId();
    this.timezone = timezone;
    this.clock = clock;
    this.logger = logger;
    this.#events = events;
    this.#historyMs = (options.historyDays ?? 7) * DAY_MS;
    this.#executors = new ExecutorSet({ logger, task: (name) => tasks.get(name) }, () => this.wakeup());
    this.#stores = new StoreSet({
      id: this.id,
      clock,
      random,
      logger,
      verbose: options.logger !== undefined,
      timezone,
      events,
      leaseMs: options.leaseMs ?? 10_000,
      pollMs: options.pollMs ?? 1_000,
      node: () => this.#node(),
      paused: () => this.#state !== "running",
      executor: (alias) => this.#executors.get(alias),
      executors: () => this.#executors.entries(),
      task: (name) => tasks.get(name),
      localTasks: () => tasks.localNames,
      withTaskSettings: (job) => tasks.withSettings(job),
      taskAcks: () => tasks.acks,
      taskNames: () => tasks.names,
      newId,
    });
    this.#parts = {
      timezone,
      clock,
      random,
      logger,
      events,
      tasks,
      executors: this.#executors,
      stores: this.#stores,
      pending: new PendingJobs(this),
      keeper: this,
      newId,
      isStopped: () => this.#state === "stopped",
    };
    this.#adder = new JobAdder(this.#parts, options.jobDefaults ?? {});
    this.#finder = new JobFinder(this.#parts);
    this.#changer = new JobChanger(this.#parts);
    this.#remover = new JobRemover(this.#parts);
    this.#declarations = new Declarations(this);
    for (const [alias, store] of Object.entries(options.stores ?? {})) this.#stores.set(alias, store);
    for (const [alias, executor] of Object.entries(options.executors ?? {})) this.#executors.set(alias, executor);
    if (!this.#stores.all.has(STORE_DEFAULT)) this.#stores.set(STORE_DEFAULT, new MemoryJobStore({ clock }));
    if (!this.#executors.has("default")) this.#executors.set("default", new AsyncExecutor());
  }

  /**
   * A scheduler from a plain object, as JSON.parse gives it:
   * `{ timezone, jobDefaults, stores: { default: { type: "mysql", url } }, executors: { default: { type: "async" } } }`.
   * An unknown key or a wrong value is a ConfigError that names its path. Connections are the scheduler's own: `start`
   * opens them, `shutdown` closes them. Clients (mysql2, ioredis, bullmq, piscina) are loaded when they are named.
   */
  static async fromConfig(config: unknown, parts: ConfigParts = {}): Promise<Scheduler> {
    return new Scheduler(await openConfig(config, parts));
  }

  // ── life ────────────────────────────────────────────────────────────────────────────────────────────────────────

  get state(): SchedulerState {
    return this.#state;
  }

  get stores(): ReadonlyMap<string, JobStore> {
    return this.#stores.all;
  }

  /**
   * Opens the stores, adds the pending jobs and returns while the scheduler works (APScheduler's BackgroundScheduler).
   * When something of that fails, what was opened is closed again, and `start` can be called once more.
   */
  async start(options: StartOptions = {}): Promise<void> {
    checkKnown<StartOptions>(options, START, "start");
    if (this.#state !== "stopped" || this.#starting !== undefined) {
      throw new SchedulerStateError("Scheduler is already running");
    }
    this.#starting = this.#open(options.paused ?? false);
    try {
      await this.#starting;
    } finally {
      this.#starting = undefined;
    }
    this.logger.info("Scheduler started");
    this.#events.emit("scheduler:started", {});
    this.#declarations.started();
    const { clock, logger } = this;
    this.#pruner = new HistoryPruner({ clock, logger, stores: this.#stores.all, historyMs: this.#historyMs });
    this.#pruner.start();
  }

  /** `start`, then resolves when the scheduler has been shut down (APScheduler's BlockingScheduler). */
  async run(options: StartOptions = {}): Promise<void> {
    await this.start(options);
    await this.#ended?.promise;
  }

  /**
   * Stops claiming. With `wait`, lets what runs finish for up to `timeoutMs`; what still runs then (or at once without
   * `wait`) is aborted: its signal fires, early runs end as `cancelled`, late ones are offered to other schedulers.
   */
  async shutdown(options: ShutdownOptions = {}): Promise<void> {
    checkKnown<ShutdownOptions>(options, SHUTDOWN, "shutdown");
    checkNumbers<ShutdownOptions>(options, { timeoutMs: "size" });
    const { wait = true, timeoutMs = 30_000 } = options;
    await this.#starting?.catch(() => {}); // whoever called start hears of it
    if (this.#state === "stopped") return;
    if (this.#state === "stopping") return this.#ended?.promise;
    this.#state = "stopping";
    void this.#pruner?.stop();
    this.#declarations.stop();
    await this.#close({ wait, timeoutMs });
    this.#state = "stopped";
    this.logger.info("Scheduler has been shut down");
    this.#events.emit("scheduler:shutdown", {});
    this.#ended?.resolve();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.shutdown();
  }

  /** Starts no more jobs until `resume`; what runs goes on, and jobs can be added and changed. */
  async pause(): Promise<void> {
    this.#mustRun();
    if (this.#state !== "running") return;
    this.#state = "paused";
    this.logger.info("Paused scheduler job processing");
    this.#events.emit("scheduler:paused", {});
  }

  async resume(): Promise<void> {
    this.#mustRun();
    if (this.#state !== "paused") return;
    this.#state = "running";
    this.logger.info("Resumed scheduler job processing");
    this.#events.emit("scheduler:resumed", {});
    this.wakeup();
  }

  /** Looks for due jobs now. */
  wakeup(): void {
    this.#stores.wake();
  }

  // ── tasks ───────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Names a function, so that jobs in shared stores can call it. Without `fn` the task runs elsewhere (BullExecutor). */
  registerTask(name: string, fn?: TaskFunction, options: TaskOptions = {}): void {
    this.#tasks.set(name, fn, options);
    this.wakeup();
  }

  /** `registerTask` that gives the function back. */
  task<F extends TaskFunction>(name: string, fn: F, options?: TaskOptions): F {
    this.registerTask(name, fn, options);
    return fn;
  }

  /** The function form of the decorator `@Scheduled`: `scheduler.scheduled({ trigger })(fn)` adds a job for it and gives it back. */
  scheduled<Args extends readonly unknown[] = readonly Json[], Kwargs = Json>(
    given: WithArguments<ScheduledSpec, Args, Kwargs>,
  ): <F extends TaskFunction>(fn: F) => F {
    const spec = given as ScheduledSpec;
    checkScheduled(spec);
    return (fn) => {
      const name = spec.func ?? (fn.name || spec.id);
      if (name === undefined) throw new JobSpecError("func", "a function without a name needs `func` or `id`");
      this.registerTask(name, fn);
      addDeclared(this, { ...spec, func: name });
      return fn;
    };
  }

  // ── jobs ────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Adds a job; before `start` it is pending and goes to its store at the start. */
  addJob<Args extends readonly unknown[], Kwargs>(spec: WithArguments<JobSpec, Args, Kwargs>): Promise<Job>;
  addJob(spec: JobSpec): Promise<Job>;
  addJob(spec: JobSpec): Promise<Job> {
    return this.#adder.add(spec);
  }

  /** Adds many, reading the clock once; answers how many. Stops at the first that is refused. */
  addJobs<Args extends readonly unknown[], Kwargs>(
    specs: Iterable<WithArguments<JobSpec, Args, Kwargs>>,
  ): Promise<number>;
  addJobs(specs: Iterable<JobSpec>): Promise<number>;
  addJobs(specs: Iterable<JobSpec>): Promise<number> {
    return this.#adder.addAll(specs);
  }

  /**
   * Makes the jobs with the tag `set` those of the specs: each is added or, with its timetable, kept, and the others are
   * removed. What another live scheduler declares in the same set stays until none does, so that an old version of a
   * service which starts once more during an update removes nothing of the new one. At each start; before `start`, too.
   */
  declareJobs(set: string, specs: readonly DeclaredSpec[], options: DeclareOptions = {}): Promise<DeclaredJobs> {
    return this.#declarations.declare(set, specs, options);
  }

  getJob(id: string, store?: string): Promise<Job | undefined> {
    return this.#finder.find(id, store);
  }

  /** Jobs by next run, paused ones last; of all stores, or of one with paging. */
  getJobs(query: JobListQuery = {}): Promise<JobList> {
    return this.#finder.list(query);
  }

  /** Jobs that no live scheduler of their store can run: their task is registered, or their executor there, at none. */
  async orphans(store?: string): Promise<Orphan[]> {
    const orphans: Orphan[] = [];
    for (const alias of this.#state === "stopped" ? [] : this.#stores.aliases(store)) {
      orphans.push(...(await this.orphansAmong(await this.#finder.allOf(alias), alias)));
    }
    return orphans;
  }

  /** Those of some jobs of one store that no live scheduler can run. */
  async orphansAmong(jobs: readonly Job[], store: string = STORE_DEFAULT): Promise<Orphan[]> {
    if (this.#state === "stopped" || jobs.length === 0) return [];
    const nodes = [this.#selfAsNode(store), ...liveNodes(await this.nodes(store), await this.#stores.get(store).now())];
    return jobs.flatMap((job) => {
      const missing = missingOf(job.record, nodes);
      return missing === undefined ? [] : [{ job, store, ...missing }];
    });
  }

  modifyJob<Args extends readonly unknown[], Kwargs>(
    id: string,
    patch: WithArguments<JobPatch, Args, Kwargs>,
    store?: string,
  ): Promise<Job>;
  modifyJob(id: string, patch: JobPatch, store?: string): Promise<Job>;
  async modifyJob(id: string, patch: JobPatch, store?: string): Promise<Job> {
    const job = await this.#finder.existing(id, store);
    return job.modify(patch);
  }

  async rescheduleJob(id: string, trigger: Trigger | TriggerState | string, store?: string): Promise<Job> {
    const job = await this.#finder.existing(id, store);
    return job.reschedule(trigger);
  }

  /** See `Job.pause`. The store alone may be given instead of the options. */
  async pauseJob(id: string, options: string | (PauseOptions & { readonly store?: string }) = {}): Promise<Job> {
    const { store, ...pause } = typeof options === "string" ? { store: options } : options;
    const job = await this.#finder.existing(id, store);
    return job.pause(pause);
  }

  /** Undefined when nothing was left to resume and the job was removed: see `Job.resume`. */
  async resumeJob(id: string, store?: string): Promise<Job | undefined> {
    const job = await this.#finder.existing(id, store);
    return job.resume();
  }

  /** Removes a job; runs under way go on and executions stay. Throws JobNotFoundError. */
  removeJob(id: string, store?: string): Promise<void> {
    return this.#remover.remove(id, store);
  }

  /** Removes every job of one store, or of all; answers how many. */
  removeAllJobs(store?: string): Promise<number> {
    return this.#remover.removeAll(store);
  }

  /**
   * Runs a job once, now, beside its timetable; answers the execution's id. It counts as an instance: when there are enough
   * the job's `overlap` (or this call's) says whether it waits, or is a MaxInstancesError. A scheduler that does not run
   * tasks itself leaves it to another one of the store.
   */
  async runNow(id: string, store?: string, options: RunNowOptions = {}): Promise<string> {
    const job = await this.#finder.existing(id, store);
    return runNow(job, this.#parts, { id: this.id, isRunning: this.#state === "running" }, options);
  }

  /**
   * Runs what a job's trigger says for a range of the past, before its next run and before now, one after the other beside
   * its timetable; answers what runs. Each (job, run time) is had once: what was started before is left out, what was
   * missed or found no place runs. It is one instance, and a MaxInstancesError when there are enough. Up to 1,000 run times,
   * and no triggers with jitter or that count from their last run. Nothing of it counts towards `maxRuns`.
   */
  async backfill(id: string, options: BackfillOptions & { readonly store?: string }): Promise<Backfill> {
    const { store, ...range } = options;
    const job = await this.#finder.existing(id, store);
    return backfill(job, this.#parts, { id: this.id, isRunning: this.#state === "running" }, range);
  }

  /** Asks a run to stop, wherever it runs: its signal fires. False when it is not under way. */
  async cancelExecution(executionId: string, store: string = STORE_DEFAULT): Promise<boolean> {
    if (this.#stores.worker(store)?.abortExecution(executionId) === true) return true;
    return this.#stores.get(store).requestCancel(executionId);
  }

  /** APScheduler 3's listing, on stdout or `out`. */
  async printJobs(options: PrintJobsOptions = {}): Promise<void> {
    checkKnown<PrintJobsOptions>(options, PRINT_JOBS, "printJobs");
    const { store, out = process.stdout } = options;
    out.write(`${(await this.#finder.lines(store)).join("\n")}\n`);
  }

  // ── what happened ───────────────────────────────────────────────────────────────────────────────────────────────

  /** Executions of one store, newest first. */
  async executions(options: ExecutionListQuery = {}): Promise<ExecutionPage> {
    checkKnown<ExecutionListQuery>(options, EXECUTIONS, "executions");
    checkNumbers<ExecutionListQuery>(options, { limit: "whole" });
    const { store = STORE_DEFAULT, ...query } = options;
    const page = await this.#stores.get(store).executions.list(query);
    return { ...page, executions: page.executions.map((execution) => ({ ...execution, store })) };
  }

  async execution(id: string, store: string = STORE_DEFAULT): Promise<Execution | undefined> {
    const found = await this.#stores.get(store).executions.get(id);
    return found && { ...found, store };
  }

  async durations(
    jobIds: readonly string[],
    store: string = STORE_DEFAULT,
  ): Promise<ReadonlyMap<string, DurationStatistics>> {
    return this.#stores.get(store).executions.durations(jobIds);
  }

  async nodes(store: string = STORE_DEFAULT): Promise<readonly SchedulerNode[]> {
    const nodes = await this.#stores.get(store).nodes();
    return nodes.length > 0 || this.#state === "stopped" ? nodes : [this.#selfAsNode(store)];
  }

  /** Removes executions that were submitted longer ago than `maxAgeMs`; answers how many. */
  async deleteOldExecutions(maxAgeMs: number, store: string = STORE_DEFAULT): Promise<number> {
    checkNumbers({ maxAgeMs }, { maxAgeMs: "amount" });
    const before = (await this.#stores.get(store).now()) - maxAgeMs;
    return deleteExecutionsBefore(this.#stores.get(store).executions, before);
  }

  // ── stores, executors, listeners ────────────────────────────────────────────────────────────────────────────────

  async addStore(alias: string, store: JobStore): Promise<void> {
    await this.#stores.add(alias, store, { start: this.#state !== "stopped" });
    this.#events.emit("store:added", { alias });
  }

  /** Stops using a store; its jobs stay in it. `shutdown: false` leaves it open. */
  async removeStore(alias: string, options: RemoveStoreOptions = {}): Promise<void> {
    checkKnown<RemoveStoreOptions>(options, REMOVE_STORE, "removeStore");
    await this.#stores.remove(alias, { waitMs: REMOVAL_MS, close: options.shutdown ?? true });
    this.#events.emit("store:removed", { alias });
  }

  async addExecutor(alias: string, executor: Executor): Promise<void> {
    await this.#executors.add(alias, executor, { start: this.#state !== "stopped" });
    this.#stores.executorAdded();
    this.#events.emit("executor:added", { alias });
  }

  async removeExecutor(alias: string, options: RemoveExecutorOptions = {}): Promise<void> {
    checkKnown<RemoveExecutorOptions>(options, REMOVE_EXECUTOR, "removeExecutor");
    await this.#executors.remove(alias, { wait: options.wait ?? true });
    this.#events.emit("executor:removed", { alias });
  }

  on<Name extends SchedulerEventName>(name: Name, listener: Listener<Name>): this {
    this.#events.on(name, listener);
    return this;
  }

  off<Name extends SchedulerEventName>(name: Name, listener: Listener<Name>): this {
    this.#events.off(name, listener);
    return this;
  }

  once<Name extends SchedulerEventName>(name: Name, listener: Listener<Name>): this {
    const only: Listener<Name> = (event) => {
      this.off(name, only);
      listener(event);
    };
    return this.on(name, only);
  }

  /** APScheduler's form: EVENT_* codes added up. */
  addListener(callback: (event: CodedEvent) => void, mask: number = EVENT_ALL): void {
    this.#events.addMasked(callback, mask);
  }

  removeListener(callback: (event: CodedEvent) => void): void {
    this.#events.removeMasked(callback);
  }

  // ── for its jobs ────────────────────────────────────────────────────────────────────────────────────────────────

  changeJob(job: Job, patch: JobPatch): Promise<JobRecord> {
    return this.#changer.patch(job, patch);
  }

  changeTrigger(job: Job, trigger: Trigger | TriggerState | string): Promise<JobRecord> {
    return this.#changer.reschedule(job, trigger);
  }

  async setPaused(job: Job, paused: boolean | PauseOptions): Promise<JobRecord | undefined> {
    if (paused !== false) return this.#changer.pause(job, paused === true ? {} : paused);
    const resumed = await this.#changer.resume(job);
    if (resumed === undefined) await this.removeJob(job.id, job.store);
    return resumed;
  }

  /** Tells the other schedulers of a store at once what this one has and declares. */
  async announce(store: string = STORE_DEFAULT): Promise<void> {
    await this.#stores.worker(store)?.announce();
  }

  // ── inside ──────────────────────────────────────────────────────────────────────────────────────────────────────

  #mustRun(): void {
    if (this.#state === "stopped") throw new SchedulerStateError("Scheduler is not running");
  }

  async #open(paused: boolean): Promise<void> {
    try {
      await this.#executors.start();
      await this.#stores.start();
      this.#startedAt = this.clock.now();
      this.#ended = deferred();
      this.#state = paused ? "paused" : "running";
      this.#stores.startWorkers();
      await this.#declarations.announceAll();
      await this.#adder.addPending();
    } catch (error) {
      if (this.#state !== "stopped") this.#state = "stopping";
      await this.#close({ wait: false, timeoutMs: 0 });
      this.#state = "stopped";
      throw error;
    }
  }

  async #close({ wait, timeoutMs }: { wait: boolean; timeoutMs: number }): Promise<void> {
    await this.#stores.stopWorkers(wait ? timeoutMs : 0);
    await this.#executors.shutdown({ wait });
    await this.#stores.close();
  }

  #node() {
    const state = this.#state === "stopped" ? "stopping" : this.#state;
    return { host: hostname(), pid: process.pid, startedAt: this.#startedAt, state, ...this.#has() } as const;
  }

  #has(): Required<Pick<SchedulerNode, "offers" | "declares">> {
    return { offers: this.#offers(), declares: this.#declarations.announced };
  }

  #offers(): NodeOffers {
    const { names, localNames } = this.#tasks;
    const executors = [...this.#executors.entries()];
    return {
      tasks: localNames,
      remoteTasks: names.filter((name) => this.#tasks.get(name) === undefined),
      executors: executors.map(([alias]) => alias),
      remoteExecutors: executors.filter(([, executor]) => executor.remote === true).map(([alias]) => alias),
    };
  }

  #selfAsNode(store: string): SchedulerNode {
    const running = this.#stores.worker(store)?.running ?? 0;
    return { id: this.id, ...this.#node(), seenAt: this.clock.now(), running };
  }
}

/** Refuses a zone that is none here, not at the first run that needs it. */
function timezoneOf({ timezone }: SchedulerOptions, logger: Logger): string {
  if (timezone !== undefined) return portableZone(timezone);
  const { name, warning } = localZone();
  if (warning !== undefined) logger.warn(warning);
  return name;
}
