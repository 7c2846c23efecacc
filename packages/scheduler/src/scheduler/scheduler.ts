import { hostname } from "node:os";
import { openConfig } from "../config/open-config.js";
import type { ConfigAdditions } from "../config/opener.js";
import {
  type Backfill,
  type BackfillOptions,
  EXECUTIONS,
  type ExecutionListQuery,
  PRINT_JOBS,
  type PrintJobsOptions,
  REMOVE_EXECUTOR,
  REMOVE_STORE,
  type RemoveExecutorOptions,
  type RemoveStoreOptions,
  type RunNowOptions,
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
import type { JobStore, NodeCapabilities, SchedulerNode } from "../core/job-store.js";
import type { Json } from "../core/json.js";
import type { WithArguments } from "../core/json-arguments.js";
import { checkKnown } from "../core/known-options.js";
import type { Logger } from "../core/logger.js";
import { defaultLogger, safeLogger } from "../core/logger.js";
import { idMaker } from "../core/new-id.js";
import { liveNodes, type Missing, missingOf } from "../core/orphans.js";
import type { PauseOptions } from "../core/pause.js";
import { checkSchedulerOptions, type SchedulerOptions } from "../core/scheduler-options.js";
import type { TaskFunction, TaskOptions } from "../core/task.js";
import { AsyncExecutor } from "../executors/async-executor.js";
import { MemoryJobStore } from "../stores/memory.js";
import { localZone } from "../time/local-zone.js";
import { portableZone } from "../time/portable-zone.js";
import type { Trigger, TriggerState } from "../triggers/trigger.js";
import { deleteExecutionsBefore, HistoryPruner } from "../worker/history-pruner.js";
import { backfill } from "./backfill.js";
import { Declarations, type DeclaredJobs, type DeclaredSpec, type DeclareOptions } from "./declarations.js";
import { deferred } from "./deferred.js";
import { ExecutorSet } from "./executor-set.js";
import type { Job, JobHost } from "./job.js";
import { JobAdder } from "./job-adder.js";
import { type JobList, type JobListQuery, Jobs } from "./jobs.js";
import { PendingJobs } from "./pending-jobs.js";
import { runNow } from "./run-now.js";
import { addDeclared, checkScheduled, type ScheduledSpec } from "./scheduled.js";
import type { SchedulerContext } from "./scheduler-context.js";
import { StoreSet } from "./store-set.js";
import { TaskRegistry } from "./task-registry.js";

/** Job that no live scheduler of its store can run. */
export interface Orphan extends Missing {
  readonly job: Job;
  readonly store: string;
}

/** State of a scheduler; a paused one claims no jobs. */
export type SchedulerState = "stopped" | "running" | "paused" | "stopping";

/** Wait for running tasks when their store is removed. */
const REMOVAL_MS = 30_000;
const DAY_MS = 86_400_000;

/**
 * Runs jobs from any number of stores on any number of executors, when their triggers are due; several schedulers may share
 * a store. The README is a tour, docs/guarantees.md the promises.
 *
 * @example
 * ```ts
 * import { cron, interval, Scheduler } from "@headline/scheduler";
 *
 * const scheduler = new Scheduler({ timezone: "UTC" });
 * scheduler.registerTask("greet", (_context, name: string) => console.log(`hello ${name}`)); // hello bob
 * scheduler.on("job:error", ({ jobId, error }) => console.error(jobId, error));
 * await scheduler.addJob({ func: "greet", args: ["alice"], trigger: interval({ hours: 3 }) });
 * await scheduler.addJob({ id: "bob", func: "greet", args: ["bob"], trigger: cron({ month: 1, day: 1, hour: 6 }) });
 * await scheduler.start();
 * await scheduler.runNow("bob");
 * await scheduler.shutdown();
 * ```
 */
export class Scheduler implements AsyncDisposable, JobHost {
  readonly id: string;
  readonly timezone: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly #events: Events;
  readonly #tasks = new TaskRegistry();
  readonly #stores: StoreSet;
  readonly #executors: ExecutorSet;
  readonly #context: SchedulerContext;
  readonly #adder: JobAdder;
  readonly #jobs: Jobs;
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
    this.#context = {
      timezone,
      clock,
      random,
      logger,
      events,
      tasks,
      executors: this.#executors,
      stores: this.#stores,
      pending: new PendingJobs(this),
      jobHost: this,
      newId,
      isStopped: () => this.#state === "stopped",
    };
    this.#adder = new JobAdder(this.#context, options.jobDefaults ?? {});
    this.#jobs = new Jobs(this.#context);
    this.#declarations = new Declarations(this);
    for (const [alias, store] of Object.entries(options.stores ?? {})) this.#stores.set(alias, store);
    for (const [alias, executor] of Object.entries(options.executors ?? {})) this.#executors.set(alias, executor);
    if (!this.#stores.all.has(STORE_DEFAULT)) this.#stores.set(STORE_DEFAULT, new MemoryJobStore({ clock }));
    if (!this.#executors.has("default")) this.#executors.set("default", new AsyncExecutor());
  }

  /**
   * Creates a scheduler from a plain object, as JSON.parse gives it:
   * `{ timezone, jobDefaults, stores: { default: { type: "mysql", url } }, executors: { default: { type: "async" } } }`.
   * An unknown key or a wrong value is a ConfigError that names its path. `start` opens the connections and `shutdown`
   * closes them. Clients (mysql2, ioredis, bullmq, piscina) are loaded when a store or an executor needs them.
   */
  static async fromConfig(config: unknown, additions: ConfigAdditions = {}): Promise<Scheduler> {
    return new Scheduler(await openConfig(config, additions));
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
   * After a failure everything is closed again, and `start` can be called once more.
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

  /** Starts the scheduler and resolves when it has been shut down (APScheduler's BlockingScheduler). */
  async run(options: StartOptions = {}): Promise<void> {
    await this.start(options);
    await this.#ended?.promise;
  }

  /**
   * Stops claiming. With `wait`, running tasks have up to `timeoutMs` to end; those that still run then (or at once without
   * `wait`) are aborted: their signals fire, early runs end as `cancelled`, late ones are released to other schedulers.
   */
  async shutdown(options: ShutdownOptions = {}): Promise<void> {
    checkKnown<ShutdownOptions>(options, SHUTDOWN, "shutdown");
    checkNumbers<ShutdownOptions>(options, { timeoutMs: "size" });
    const { wait = true, timeoutMs = 30_000 } = options;
    await this.#starting?.catch(() => {}); // the caller of start gets the error
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

  /** Starts no more runs until `resume`; running tasks go on, and jobs can be added and changed. */
  async pause(): Promise<void> {
    this.#mustRun();
    if (this.#state !== "running") return;
    this.#state = "paused";
    this.logger.info("Paused scheduler job processing");
    this.#events.emit("scheduler:paused", {});
  }

  /** Ends a `pause` and looks for due jobs. */
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

  /** Registers a task, so that jobs in shared stores can name it. Without `fn` it runs in other processes (BullExecutor). */
  registerTask(name: string, fn?: TaskFunction, options: TaskOptions = {}): void {
    this.#tasks.set(name, fn, options);
    this.wakeup();
  }

  /** Registers a task and returns its function. */
  task<F extends TaskFunction>(name: string, fn: F, options?: TaskOptions): F {
    this.registerTask(name, fn, options);
    return fn;
  }

  /** Adds a job for a function and returns the function: `@Scheduled` in function form, `scheduler.scheduled({ trigger })(fn)`. */
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

  /** Adds a job; before `start` it is pending, and it goes to its store at the start. */
  addJob<Args extends readonly unknown[], Kwargs>(spec: WithArguments<JobSpec, Args, Kwargs>): Promise<Job>;
  addJob(spec: JobSpec): Promise<Job>;
  addJob(spec: JobSpec): Promise<Job> {
    return this.#adder.add(spec);
  }

  /** Adds many jobs, reading the clock once; returns their number. Stops at the first that is refused. */
  addJobs<Args extends readonly unknown[], Kwargs>(
    specs: Iterable<WithArguments<JobSpec, Args, Kwargs>>,
  ): Promise<number>;
  addJobs(specs: Iterable<JobSpec>): Promise<number>;
  addJobs(specs: Iterable<JobSpec>): Promise<number> {
    return this.#adder.addAll(specs);
  }

  /**
   * Makes the jobs with the tag `set` those of the specs: each is added or kept with its timetable, and the others are
   * removed. Jobs that another live scheduler declares in the same set stay until none does, so that an old version of a
   * service that starts once more during an update removes nothing of the new one. For each start, before or after it.
   */
  declareJobs(set: string, specs: readonly DeclaredSpec[], options: DeclareOptions = {}): Promise<DeclaredJobs> {
    return this.#declarations.declare(set, specs, options);
  }

  /** Returns a job of the given store, or of the first that has it; undefined when there is none. */
  getJob(id: string, store?: string): Promise<Job | undefined> {
    return this.#jobs.find(id, store);
  }

  /** Lists jobs by next run, paused ones last: of all stores, or of one with paging. */
  getJobs(query: JobListQuery = {}): Promise<JobList> {
    return this.#jobs.list(query);
  }

  /** Lists jobs that no live scheduler of their store can run, because none has their task or their executor. */
  async orphans(store?: string): Promise<Orphan[]> {
    const orphans: Orphan[] = [];
    for (const alias of this.#state === "stopped" ? [] : this.#stores.aliases(store)) {
      orphans.push(...(await this.orphansAmong(await this.#jobs.allOf(alias), alias)));
    }
    return orphans;
  }

  /** Returns the given jobs of one store that no live scheduler can run. */
  async orphansAmong(jobs: readonly Job[], store: string = STORE_DEFAULT): Promise<Orphan[]> {
    if (this.#state === "stopped" || jobs.length === 0) return [];
    const nodes = [this.#selfAsNode(store), ...liveNodes(await this.nodes(store), await this.#stores.get(store).now())];
    return jobs.flatMap((job) => {
      const missing = missingOf(job.record, nodes);
      return missing === undefined ? [] : [{ job, store, ...missing }];
    });
  }

  /** Changes any attribute of a job but its id; see `Job.modify`. */
  modifyJob<Args extends readonly unknown[], Kwargs>(
    id: string,
    patch: WithArguments<JobPatch, Args, Kwargs>,
    store?: string,
  ): Promise<Job>;
  modifyJob(id: string, patch: JobPatch, store?: string): Promise<Job>;
  async modifyJob(id: string, patch: JobPatch, store?: string): Promise<Job> {
    const job = await this.#jobs.existing(id, store);
    return job.modify(patch);
  }

  /** Sets a new trigger and the next run that it gives from now on. */
  async rescheduleJob(id: string, trigger: Trigger | TriggerState | string, store?: string): Promise<Job> {
    const job = await this.#jobs.existing(id, store);
    return job.reschedule(trigger);
  }

  /** Pauses a job; see `Job.pause`. The store alone may be given instead of the options. */
  async pauseJob(id: string, options: string | (PauseOptions & { readonly store?: string }) = {}): Promise<Job> {
    const { store, ...pause } = typeof options === "string" ? { store: options } : options;
    const job = await this.#jobs.existing(id, store);
    return job.pause(pause);
  }

  /** Resumes a job; undefined when its trigger has ended and it was removed: see `Job.resume`. */
  async resumeJob(id: string, store?: string): Promise<Job | undefined> {
    const job = await this.#jobs.existing(id, store);
    return job.resume();
  }

  /** Removes a job; runs under way go on, and its executions stay. Throws a JobNotFoundError. */
  removeJob(id: string, store?: string): Promise<void> {
    return this.#jobs.remove(id, store);
  }

  /** Removes every job of one store, or of all; returns their number. */
  removeAllJobs(store?: string): Promise<number> {
    return this.#jobs.removeAll(store);
  }

  /**
   * Runs a job once, now, outside its timetable; returns the execution's id. The run counts as an instance: at
   * `maxInstances`, the job's `overlap` (or this call's) decides whether it waits or a MaxInstancesError is thrown. A
   * scheduler that runs no tasks itself leaves it to another one of the store.
   */
  async runNow(id: string, store?: string, options: RunNowOptions = {}): Promise<string> {
    const job = await this.#jobs.existing(id, store);
    return runNow(job, this.#context, { id: this.id, isRunning: this.#state === "running" }, options);
  }

  /**
   * Runs a job's run times in a past range, before its next run and before now, one after the other outside its timetable.
   * Each (job, run time) is started once: those that were started before are left out, missed and skipped ones run. The
   * runs are one instance; at `maxInstances` a MaxInstancesError is thrown. Up to 1,000 run times; triggers with jitter, or
   * that count from their last run, are refused. The runs do not count towards `maxRuns`.
   */
  async backfill(id: string, options: BackfillOptions & { readonly store?: string }): Promise<Backfill> {
    const { store, ...range } = options;
    const job = await this.#jobs.existing(id, store);
    return backfill(job, this.#context, { id: this.id, isRunning: this.#state === "running" }, range);
  }

  /** Aborts the signal of an execution, in whichever process it runs; false when it is not under way. */
  async cancelExecution(executionId: string, store: string = STORE_DEFAULT): Promise<boolean> {
    if (this.#stores.worker(store)?.abortExecution(executionId) === true) return true;
    return this.#stores.get(store).requestCancel(executionId);
  }

  /** Writes APScheduler 3's listing of jobs to stdout or `out`. */
  async printJobs(options: PrintJobsOptions = {}): Promise<void> {
    checkKnown<PrintJobsOptions>(options, PRINT_JOBS, "printJobs");
    const { store, out = process.stdout } = options;
    out.write(`${(await this.#jobs.lines(store)).join("\n")}\n`);
  }

  // ── history ───────────────────────────────────────────────────────────────────────────────────────────────

  /** Lists executions of one store, newest first. */
  async executions(options: ExecutionListQuery = {}): Promise<ExecutionPage> {
    checkKnown<ExecutionListQuery>(options, EXECUTIONS, "executions");
    checkNumbers<ExecutionListQuery>(options, { limit: "whole" });
    const { store = STORE_DEFAULT, ...query } = options;
    const page = await this.#stores.get(store).executions.list(query);
    return { ...page, executions: page.executions.map((execution) => ({ ...execution, store })) };
  }

  /** Returns an execution of one store; undefined when there is none. */
  async execution(id: string, store: string = STORE_DEFAULT): Promise<Execution | undefined> {
    const found = await this.#stores.get(store).executions.get(id);
    return found && { ...found, store };
  }

  /** Returns statistics over the last 100 runs of each job that has any. */
  async durations(
    jobIds: readonly string[],
    store: string = STORE_DEFAULT,
  ): Promise<ReadonlyMap<string, DurationStatistics>> {
    return this.#stores.get(store).executions.durations(jobIds);
  }

  /** Lists the live schedulers of one store. */
  async nodes(store: string = STORE_DEFAULT): Promise<readonly SchedulerNode[]> {
    const nodes = await this.#stores.get(store).nodes();
    return nodes.length > 0 || this.#state === "stopped" ? nodes : [this.#selfAsNode(store)];
  }

  /** Deletes finished executions that were submitted more than `maxAgeMs` ago; returns their number. */
  async deleteOldExecutions(maxAgeMs: number, store: string = STORE_DEFAULT): Promise<number> {
    checkNumbers({ maxAgeMs }, { maxAgeMs: "amount" });
    const before = (await this.#stores.get(store).now()) - maxAgeMs;
    return deleteExecutionsBefore(this.#stores.get(store).executions, before);
  }

  // ── stores, executors, listeners ────────────────────────────────────────────────────────────────────────────────

  /** Adds a store; its jobs are claimed at once when the scheduler works. */
  async addStore(alias: string, store: JobStore): Promise<void> {
    await this.#stores.add(alias, store, { start: this.#state !== "stopped" });
    this.#events.emit("store:added", { alias });
  }

  /** Removes a store, which keeps its jobs. `shutdown: false` leaves it open. */
  async removeStore(alias: string, options: RemoveStoreOptions = {}): Promise<void> {
    checkKnown<RemoveStoreOptions>(options, REMOVE_STORE, "removeStore");
    await this.#stores.remove(alias, { waitMs: REMOVAL_MS, close: options.shutdown ?? true });
    this.#events.emit("store:removed", { alias });
  }

  /** Adds an executor. */
  async addExecutor(alias: string, executor: Executor): Promise<void> {
    await this.#executors.add(alias, executor, { start: this.#state !== "stopped" });
    this.#stores.executorAdded();
    this.#events.emit("executor:added", { alias });
  }

  /** Removes an executor; jobs that name it wait for another scheduler that has it. */
  async removeExecutor(alias: string, options: RemoveExecutorOptions = {}): Promise<void> {
    checkKnown<RemoveExecutorOptions>(options, REMOVE_EXECUTOR, "removeExecutor");
    await this.#executors.remove(alias, { wait: options.wait ?? true });
    this.#events.emit("executor:removed", { alias });
  }

  /** Adds a listener of one event. */
  on<Name extends SchedulerEventName>(name: Name, listener: Listener<Name>): this {
    this.#events.on(name, listener);
    return this;
  }

  /** Removes a listener. */
  off<Name extends SchedulerEventName>(name: Name, listener: Listener<Name>): this {
    this.#events.off(name, listener);
    return this;
  }

  /** Adds a listener that is removed after its first event. */
  once<Name extends SchedulerEventName>(name: Name, listener: Listener<Name>): this {
    const only: Listener<Name> = (event) => {
      this.off(name, only);
      listener(event);
    };
    return this.on(name, only);
  }

  /** Adds a listener in APScheduler's form, with EVENT_* codes added up. */
  addListener(callback: (event: CodedEvent) => void, mask: number = EVENT_ALL): void {
    this.#events.addMasked(callback, mask);
  }

  /** Removes a listener that `addListener` added. */
  removeListener(callback: (event: CodedEvent) => void): void {
    this.#events.removeMasked(callback);
  }

  // ── for Job objects ────────────────────────────────────────────────────────────────────────────────────────────────

  changeJob(job: Job, patch: JobPatch): Promise<JobRecord> {
    return this.#jobs.patch(job, patch);
  }

  changeTrigger(job: Job, trigger: Trigger | TriggerState | string): Promise<JobRecord> {
    return this.#jobs.reschedule(job, trigger);
  }

  async setPaused(job: Job, paused: boolean | PauseOptions): Promise<JobRecord | undefined> {
    if (paused !== false) return this.#jobs.pause(job, paused === true ? {} : paused);
    const resumed = await this.#jobs.resume(job);
    if (resumed === undefined) await this.removeJob(job.id, job.store);
    return resumed;
  }

  /** Writes a heartbeat now, so that the other schedulers of a store know what this one has and declares. */
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
    return { host: hostname(), pid: process.pid, startedAt: this.#startedAt, state, ...this.#nodeFeatures() } as const;
  }

  #nodeFeatures(): Required<Pick<SchedulerNode, "offers" | "declares">> {
    return { offers: this.#offers(), declares: this.#declarations.announced };
  }

  #offers(): NodeCapabilities {
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

/** Returns the zone for triggers without one. Throws on an unknown zone now, not at the first run that needs it. */
function timezoneOf({ timezone }: SchedulerOptions, logger: Logger): string {
  if (timezone !== undefined) return portableZone(timezone);
  const { name, warning } = localZone();
  if (warning !== undefined) logger.warn(warning);
  return name;
}
