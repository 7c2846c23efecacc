import { hostname } from "node:os";
import type { Writable } from "node:stream";
import { type ConfigParts, openConfig } from "../config/open-config.js";
import { AsyncExecutor } from "../executors/async-executor.js";
import { MemoryJobStore } from "../stores/memory.js";
import { localZoneName } from "../time/zone.js";
import type { Random, Trigger, TriggerState } from "../triggers/trigger.js";
import { type Clock, systemClock } from "./clock.js";
import { defaultLogger } from "./default-logger.js";
import { deleteOld } from "./delete-old.js";
import {
  ConflictingIdError,
  JobBusyError,
  JobNotFoundError,
  JobSpecError,
  MaxInstancesError,
  SchedulerStateError,
  TaskNotFoundError,
} from "./errors.js";
import { type CodedEvent, EVENT_ALL, Events, type Listener, type SchedulerEventName } from "./events.js";
import type { DurationStatistics, Execution, ExecutionPage, ExecutionQuery } from "./execution.js";
import type { Executor, Logger } from "./executor.js";
import { keepHouse } from "./housekeeping.js";
import { Job, type JobKeeper } from "./job.js";
import type { JobRecord } from "./job-record.js";
import {
  firstRunOf,
  type JobDefaults,
  type JobPatch,
  type JobSpec,
  liveTrigger,
  patched,
  STORE_DEFAULT,
  type Surroundings,
  toRecord,
} from "./job-spec.js";
import type { JobQuery, JobStore, SchedulerNode } from "./job-store.js";
import { kept } from "./kept.js";
import { idMaker } from "./new-id.js";
import { PendingJobs } from "./pending-jobs.js";
import { addDeclared, type ScheduledSpec } from "./scheduled.js";
import { StoreSession } from "./store-session.js";
import type { TaskFunction, TaskOptions } from "./task.js";

export interface SchedulerOptions {
  /** IANA name for triggers without one and for texts; the machine's own by default. */
  readonly timezone?: string;
  readonly stores?: Readonly<Record<string, JobStore>>;
  readonly executors?: Readonly<Record<string, Executor>>;
  readonly jobDefaults?: JobDefaults;
  /** Anything with debug, info, warn and error; pino for one. Warnings and errors go to stderr without it. */
  readonly logger?: Logger;
  /** How long shared stores lend jobs and runs; what a crash costs at most, plus a second. Default 10,000. */
  readonly leaseMs?: number;
  /** How often a shared store is asked when nothing is due; a missed wake-up costs that much. Default 1,000. */
  readonly pollMs?: number;
  /** Days that finished executions are kept. Default 7. */
  readonly historyDays?: number;
  readonly clock?: Clock;
  readonly random?: Random;
  /** True lets the process end although the scheduler waits. Ignored with a `clock` of your own. */
  readonly unref?: boolean;
}

export type SchedulerState = "stopped" | "running" | "paused" | "stopping";

/** Jobs, with the cursor to go on with when there are more. */
export type JobList = Job[] & { cursor?: string };

export interface JobListQuery {
  readonly store?: string;
  readonly state?: "scheduled" | "paused" | "pending";
  readonly tag?: string;
  readonly limit?: number;
  readonly cursor?: string;
}

const UPDATE_TRIES = 12;
/** Timers and sleeps last no longer than this, so that a suspended machine or a stepped clock is noticed. */
const LONGEST_SLEEP_MS = 30_000;
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
  readonly #random: Random;
  readonly #newId: () => string;
  readonly #verbose: boolean;
  readonly #defaults: JobDefaults;
  readonly #leaseMs: number;
  readonly #pollMs: number;
  readonly #historyMs: number;
  readonly #events: Events;
  readonly #stores = new Map<string, JobStore>();
  readonly #executors = new Map<string, Executor>();
  readonly #sessions = new Map<string, StoreSession>();
  readonly #tasks = new Map<string, { fn: TaskFunction | undefined; options: TaskOptions }>();
  #taskNames: readonly string[] = [];
  readonly #pending = new PendingJobs(this);
  #state: SchedulerState = "stopped";
  #starting: Promise<void> | undefined;
  #startedAt = 0;
  #ended: { promise: Promise<void>; resolve: () => void } | undefined;
  #housekeeping: Disposable | undefined;

  constructor(options: SchedulerOptions = {}) {
    this.clock = options.clock ?? systemClock({ unref: options.unref ?? false });
    this.#random = options.random ?? Math.random;
    this.#newId = idMaker(this.#random);
    this.id = this.#newId();
    this.timezone = options.timezone ?? localZoneName();
    this.logger = options.logger ?? defaultLogger;
    this.#verbose = options.logger !== undefined;
    this.#defaults = options.jobDefaults ?? {};
    this.#leaseMs = options.leaseMs ?? 10_000;
    this.#pollMs = options.pollMs ?? 1_000;
    this.#historyMs = (options.historyDays ?? 7) * DAY_MS;
    this.#events = new Events((error) => this.logger.error(`A listener failed: ${String(error)}`));
    for (const [alias, store] of Object.entries(options.stores ?? {})) this.#stores.set(alias, store);
    for (const [alias, executor] of Object.entries(options.executors ?? {})) this.#executors.set(alias, executor);
    if (!this.#stores.has(STORE_DEFAULT)) this.#stores.set(STORE_DEFAULT, new MemoryJobStore({ clock: this.clock }));
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
    return this.#stores;
  }

  /**
   * Opens the stores, adds the pending jobs and returns while the scheduler works (APScheduler's BackgroundScheduler).
   * When something of that fails, what was opened is closed again, and `start` can be called once more.
   */
  async start({ paused = false }: { paused?: boolean } = {}): Promise<void> {
    if (this.#state !== "stopped" || this.#starting !== undefined) {
      throw new SchedulerStateError("Scheduler is already running");
    }
    this.#starting = this.#open(paused);
    try {
      await this.#starting;
    } finally {
      this.#starting = undefined;
    }
    this.logger.info("Scheduler started");
    this.#events.emit("scheduler:started", {});
    this.#housekeeping = keepHouse({
      clock: this.clock,
      logger: this.logger,
      stores: this.#stores,
      historyMs: this.#historyMs,
    });
  }

  /** `start`, then resolves when the scheduler has been shut down (APScheduler's BlockingScheduler). */
  async run(options: { paused?: boolean } = {}): Promise<void> {
    await this.start(options);
    await this.#ended?.promise;
  }

  /**
   * Stops claiming. With `wait`, lets what runs finish for up to `timeoutMs`; what still runs then (or at once without
   * `wait`) is aborted: its signal fires, early runs end as `cancelled`, late ones are offered to other schedulers.
   */
  async shutdown({ wait = true, timeoutMs = 30_000 }: { wait?: boolean; timeoutMs?: number } = {}): Promise<void> {
    await this.#starting?.catch(() => {}); // whoever called start hears of it
    if (this.#state === "stopped") return;
    if (this.#state === "stopping") return this.#ended?.promise;
    this.#state = "stopping";
    this.#housekeeping?.[Symbol.dispose]();
    await this.#close(this.#executors.values(), this.#stores.values(), { wait, timeoutMs });
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
    for (const session of this.#sessions.values()) session.wake();
  }

  // ── tasks ───────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Names a function, so that jobs in shared stores can call it. Without `fn` the task runs elsewhere (BullExecutor). */
  registerTask(name: string, fn?: TaskFunction, options: TaskOptions = {}): void {
    if (name === "") throw new JobSpecError("name", "a task's name must not be empty");
    this.#tasks.set(name, { fn, options });
    this.#taskNames = [...this.#tasks.keys()];
    this.wakeup();
  }

  /** `registerTask` that gives the function back. */
  task<F extends TaskFunction>(name: string, fn: F, options?: TaskOptions): F {
    this.registerTask(name, fn, options);
    return fn;
  }

  /** The function form of the decorator `@Scheduled`: `scheduler.scheduled({ trigger })(fn)` adds a job for it and gives it back. */
  scheduled(spec: ScheduledSpec): <F extends TaskFunction>(fn: F) => F {
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
  async addJob(spec: JobSpec): Promise<Job> {
    const alias = spec.store ?? STORE_DEFAULT;
    const store = this.#store(alias);
    this.#checkTask(spec, store);
    const record = toRecord(spec, await this.#surroundings(spec, store));
    if (this.#state === "stopped") {
      const job = this.#pending.add(spec, record, alias);
      this.logger.info("Adding job tentatively -- it will be properly scheduled when the scheduler starts");
      return job;
    }
    return new Job(await this.#insert(alias, record, spec), alias, false, this);
  }

  /** Adds many, reading the clock once; answers how many. Stops at the first that is refused. */
  async addJobs(specs: Iterable<JobSpec>): Promise<number> {
    const around = new Map<string, Omit<Surroundings, "taskAck" | "taskTimeoutMs">>();
    let count = 0;
    for (const spec of specs) {
      const alias = spec.store ?? STORE_DEFAULT;
      const store = this.#store(alias);
      if (this.#state === "stopped" || spec.onConflict !== undefined) await this.addJob(spec);
      else {
        this.#checkTask(spec, store);
        if (!around.has(alias)) around.set(alias, await this.#surroundings(spec, store));
        const record = toRecord(spec, { ...around.get(alias)!, ...this.#taskDefaults(spec) });
        const inserted = store.insert(record);
        const existing = inserted instanceof Promise ? await inserted : inserted;
        if (existing !== undefined) throw new ConflictingIdError(record.id);
        if (this.#events.wants("job:added")) this.#events.emit("job:added", { jobId: record.id, store: alias });
      }
      count++;
    }
    this.wakeup();
    return count;
  }

  async getJob(id: string, store?: string): Promise<Job | undefined> {
    const pending = this.#pending.find(id, store);
    if (pending !== undefined) return pending;
    if (this.#state === "stopped") return undefined;
    for (const alias of store === undefined ? this.#stores.keys() : [store]) {
      const record = await this.#store(alias).get(id);
      if (record !== undefined) return new Job(record, alias, false, this);
    }
    return undefined;
  }

  /** Jobs by next run, paused ones last; of all stores, or of one with paging. */
  async getJobs(query: JobListQuery = {}): Promise<JobList> {
    const pending = this.#pending.all().filter((job) => matches(job, query));
    if (this.#state === "stopped" || query.state === "pending") return pending;
    const { store, state, ...rest } = query;
    const storeQuery: JobQuery = { ...rest, ...(state === undefined ? {} : { state }) };
    if (store !== undefined) return this.#jobsOf(store, storeQuery);
    const lists = await Promise.all([...this.#stores.keys()].map((alias) => this.#allJobsOf(alias, storeQuery)));
    return [...pending, ...lists.flat()].slice(0, query.limit);
  }

  modifyJob(id: string, patch: JobPatch, store?: string): Promise<Job> {
    return this.#withJob(id, store, (job) => job.modify(patch));
  }

  rescheduleJob(id: string, trigger: Trigger | TriggerState, store?: string): Promise<Job> {
    return this.#withJob(id, store, (job) => job.reschedule(trigger));
  }

  pauseJob(id: string, store?: string): Promise<Job> {
    return this.#withJob(id, store, (job) => job.pause());
  }

  resumeJob(id: string, store?: string): Promise<Job> {
    return this.#withJob(id, store, (job) => job.resume());
  }

  /** Removes a job; runs under way go on and executions stay. Throws JobNotFoundError. */
  async removeJob(id: string, store?: string): Promise<void> {
    const pending = this.#pending.find(id, store);
    if (pending !== undefined) {
      this.#pending.remove(pending);
      return;
    }
    if (this.#state !== "stopped") {
      for (const alias of store === undefined ? this.#stores.keys() : [store]) {
        if (!(await this.#store(alias).remove(id))) continue;
        this.logger.info(`Removed job ${id}`);
        this.#events.emit("job:removed", { jobId: id, store: alias });
        return;
      }
    }
    throw new JobNotFoundError(id);
  }

  /** Removes every job of one store, or of all; answers how many. */
  async removeAllJobs(store?: string): Promise<number> {
    let count = this.#pending.removeAll(store);
    if (this.#state !== "stopped") {
      for (const alias of store === undefined ? this.#stores.keys() : [store])
        count += await this.#store(alias).removeAll();
    }
    this.#events.emit("jobs:removed", { store });
    return count;
  }

  /**
   * Runs a job once, now, beside its timetable; answers the execution's id. It counts as an instance: MaxInstancesError
   * when there are enough. A scheduler that does not run tasks itself leaves it to another one of the store.
   */
  async runNow(id: string, store?: string): Promise<string> {
    const job = await this.#existing(id, store);
    const session = this.#sessions.get(job.store);
    if (session === undefined) throw new SchedulerStateError("the scheduler must be started before a job can be run");
    const nowMs = await this.#store(job.store).now();
    const run = { executionId: this.#newId(), scheduledAt: nowMs };
    const record: JobRecord = { ...job.record, misfireGraceTime: null };
    const mine = this.#state === "running" && (typeof record.func !== "string" || this.#tasks.has(record.func));
    const instance = {
      id: this.#newId(),
      owner: this.id,
      leaseMs: session.leaseMs,
      job: record,
      runs: [run],
      offered: !mine,
    };
    const [verdict] = await this.#store(job.store).dispatch([{ jobId: job.id, instance }]);
    if (verdict === undefined || verdict.kind === "stale") throw new JobNotFoundError(id);
    if (verdict.kind === "max_instances") throw new MaxInstancesError(id, record.maxInstances);
    if (mine)
      session.hold({ instanceId: instance.id, token: verdict.token, job: record, runs: verdict.runs, attempt: 1 });
    return run.executionId;
  }

  /** Asks a run to stop, wherever it runs: its signal fires. False when it is not under way. */
  async cancelExecution(executionId: string, store: string = STORE_DEFAULT): Promise<boolean> {
    if (this.#sessions.get(store)?.abortExecution(executionId) === true) return true;
    return this.#store(store).requestCancel(executionId);
  }

  /** APScheduler 3's listing, on stdout or `out`. */
  async printJobs({
    store,
    out = process.stdout,
  }: {
    store?: string;
    out?: Pick<Writable, "write">;
  } = {}): Promise<void> {
    out.write(`${(await this.#listing(store)).join("\n")}\n`);
  }

  // ── what happened ───────────────────────────────────────────────────────────────────────────────────────────────

  /** Executions of one store, newest first. */
  async executions({
    store = STORE_DEFAULT,
    ...query
  }: ExecutionQuery & { store?: string } = {}): Promise<ExecutionPage> {
    const page = await this.#store(store).executions.list(query);
    return { ...page, executions: page.executions.map((execution) => ({ ...execution, store })) };
  }

  async execution(id: string, store: string = STORE_DEFAULT): Promise<Execution | undefined> {
    const found = await this.#store(store).executions.get(id);
    return found && { ...found, store };
  }

  async durations(
    jobIds: readonly string[],
    store: string = STORE_DEFAULT,
  ): Promise<ReadonlyMap<string, DurationStatistics>> {
    return this.#store(store).executions.durations(jobIds);
  }

  async nodes(store: string = STORE_DEFAULT): Promise<readonly SchedulerNode[]> {
    const nodes = await this.#store(store).nodes();
    return nodes.length > 0 || this.#state === "stopped" ? nodes : [this.#selfAsNode(store)];
  }

  /** Removes executions that were submitted longer ago than `maxAgeMs`; answers how many. */
  async deleteOldExecutions(maxAgeMs: number, store: string = STORE_DEFAULT): Promise<number> {
    const before = (await this.#store(store).now()) - maxAgeMs;
    return deleteOld(this.#store(store).executions, before);
  }

  // ── stores, executors, listeners ────────────────────────────────────────────────────────────────────────────────

  async addStore(alias: string, store: JobStore): Promise<void> {
    if (this.#stores.has(alias)) throw new JobSpecError("alias", `there is a job store "${alias}" already`);
    this.#stores.set(alias, store);
    if (this.#state !== "stopped") {
      try {
        await this.#startStore(store);
      } catch (error) {
        this.#stores.delete(alias);
        throw error;
      }
      this.#openSession(alias, store);
    }
    this.#events.emit("store:added", { alias });
  }

  /** Stops using a store; its jobs stay in it. `shutdown: false` leaves it open. */
  async removeStore(alias: string, { shutdown = true }: { shutdown?: boolean } = {}): Promise<void> {
    const store = this.#store(alias);
    await this.#sessions.get(alias)?.stop(LONGEST_SLEEP_MS);
    this.#sessions.delete(alias);
    this.#stores.delete(alias);
    if (shutdown) await store.close();
    this.#events.emit("store:removed", { alias });
  }

  async addExecutor(alias: string, executor: Executor): Promise<void> {
    if (this.#executors.has(alias)) throw new JobSpecError("alias", `there is an executor "${alias}" already`);
    if (this.#state !== "stopped") await this.#startExecutor(alias, executor);
    this.#executors.set(alias, executor);
    this.#events.emit("executor:added", { alias });
  }

  async removeExecutor(alias: string, { wait = true }: { wait?: boolean } = {}): Promise<void> {
    const executor = this.#executors.get(alias);
    if (executor === undefined) throw new JobSpecError("alias", `there is no executor "${alias}"`);
    this.#executors.delete(alias);
    await executor.shutdown({ wait });
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
    return this.#change(job, (record, nowMs) => patched(record, patch, { timezone: this.timezone, nowMs }));
  }

  changeTrigger(job: Job, trigger: Trigger | TriggerState): Promise<JobRecord> {
    return this.#change(job, (record, nowMs) => {
      const anchored = liveTrigger(trigger, this.timezone).anchored(nowMs);
      const nextRunMs = firstRunOf(anchored, nowMs, this.#random);
      if (nextRunMs === null) throw new JobSpecError("trigger", `${anchored} has no run time left`);
      return { ...record, trigger: anchored, nextRunMs };
    });
  }

  async setPaused(job: Job, paused: boolean): Promise<JobRecord | undefined> {
    if (paused) return this.#change(job, (record) => ({ ...record, nextRunMs: null }));
    const nowMs = await this.#store(job.store).now();
    const next = job.trigger.next(null, nowMs, this.#random);
    if (next !== null) return this.#change(job, (record) => ({ ...record, nextRunMs: next }));
    await this.removeJob(job.id, job.store);
    return undefined;
  }

  // ── inside ──────────────────────────────────────────────────────────────────────────────────────────────────────

  #mustRun(): void {
    if (this.#state === "stopped") throw new SchedulerStateError("Scheduler is not running");
  }

  #store(alias: string): JobStore {
    const store = this.#stores.get(alias);
    if (store === undefined) throw new JobSpecError("store", `there is no job store "${alias}"`);
    return store;
  }

  async #open(paused: boolean): Promise<void> {
    const executors: Executor[] = [];
    const stores: JobStore[] = [];
    try {
      for (const [alias, executor] of this.#executors) {
        await this.#startExecutor(alias, executor);
        executors.push(executor);
      }
      for (const store of this.#stores.values()) {
        await this.#startStore(store);
        stores.push(store);
      }
      this.#startedAt = this.clock.now();
      this.#ended = settable();
      this.#state = paused ? "paused" : "running";
      for (const [alias, store] of this.#stores) this.#openSession(alias, store);
      await this.#addPending();
    } catch (error) {
      if (this.#state !== "stopped") this.#state = "stopping";
      await this.#close(executors, stores, { wait: false, timeoutMs: 0 });
      this.#state = "stopped";
      throw error;
    }
  }

  /** What cannot be closed keeps nothing else from being closed. */
  async #close(
    executors: Iterable<Executor>,
    stores: Iterable<JobStore>,
    { wait, timeoutMs }: { wait: boolean; timeoutMs: number },
  ): Promise<void> {
    await Promise.all([...this.#sessions.values()].map((session) => session.stop(wait ? timeoutMs : 0)));
    this.#sessions.clear();
    await Promise.all(Array.from(executors, (executor) => this.#closed(() => executor.shutdown({ wait }))));
    for (const store of stores) await this.#closed(() => store.close());
  }

  async #closed(close: () => unknown): Promise<void> {
    try {
      await close();
    } catch (error) {
      this.logger.error(`A store or an executor failed to close: ${String(error)}`);
    }
  }

  /** One that cannot be started is closed again: it may have opened something. */
  async #startStore(store: JobStore): Promise<void> {
    try {
      await store.migrate();
      await store.start();
    } catch (error) {
      await this.#closed(() => store.close());
      throw error;
    }
  }

  async #startExecutor(alias: string, executor: Executor): Promise<void> {
    try {
      await executor.start({ alias, logger: this.logger, task: (name) => this.#tasks.get(name)?.fn });
    } catch (error) {
      await this.#closed(() => executor.shutdown({ wait: false }));
      throw error;
    }
    executor.onCapacity = () => this.wakeup();
  }

  #openSession(alias: string, store: JobStore): void {
    const session = new StoreSession(alias, store, {
      id: this.id,
      clock: this.clock,
      random: this.#random,
      logger: this.logger,
      verbose: this.#verbose,
      timezone: this.timezone,
      events: this.#events,
      leaseMs: this.#leaseMs,
      pollMs: store.shared ? this.#pollMs : LONGEST_SLEEP_MS,
      node: () => this.#node(),
      paused: () => this.#state !== "running",
      executor: (executor) => this.#executors.get(executor),
      executors: () => this.#executors.values(),
      task: (name) => this.#tasks.get(name)?.fn,
      taskNames: () => this.#taskNames,
      newId: this.#newId,
    });
    this.#sessions.set(alias, session);
    session.start();
  }

  #node() {
    const state = this.#state === "stopped" ? "stopping" : this.#state;
    return { host: hostname(), pid: process.pid, startedAt: this.#startedAt, state } as const;
  }

  #selfAsNode(store: string): SchedulerNode {
    const running = this.#sessions.get(store)?.running ?? 0;
    return { id: this.id, ...this.#node(), seenAt: this.clock.now(), running };
  }

  #checkTask(spec: JobSpec, store: JobStore): void {
    if (typeof spec.func === "function") {
      if (store.shared) {
        throw new JobSpecError(
          "func",
          "a shared store keeps names, not functions: registerTask(name, fn) and give the name",
        );
      }
    } else if (!store.shared && this.#state !== "stopped" && !this.#tasks.has(spec.func)) {
      throw new TaskNotFoundError(spec.func);
    }
  }

  async #surroundings(spec: JobSpec, store: JobStore) {
    const nowMs = this.#state === "stopped" ? this.clock.now() : await store.now();
    return {
      defaults: this.#defaults,
      timezone: this.timezone,
      nowMs,
      random: this.#random,
      newId: this.#newId,
      ...this.#taskDefaults(spec),
    };
  }

  /** What the task's own options say of its jobs. */
  #taskDefaults({ func }: JobSpec): Pick<Surroundings, "taskAck" | "taskTimeoutMs"> {
    const options = typeof func === "string" ? this.#tasks.get(func)?.options : undefined;
    return { taskAck: options?.ack, taskTimeoutMs: options?.timeoutMs };
  }

  /** At the start, pending jobs count from now: an interval's first run is one interval after the start. */
  #addPending(): Promise<void> {
    return this.#pending.settle(async ({ spec, job, record }) => {
      this.#checkTask(spec, this.#store(job.store));
      const fresh = toRecord({ ...spec, id: record.id }, await this.#surroundings(spec, this.#store(job.store)));
      const touched = job.record !== record ? { ...job.record } : fresh;
      return this.#insert(job.store, touched, spec);
    });
  }

  async #insert(alias: string, record: JobRecord, spec: JobSpec): Promise<JobRecord> {
    const store = this.#store(alias);
    for (let attempt = 0; attempt < UPDATE_TRIES; attempt++) {
      const existing = await store.insert(record);
      if (existing === undefined) {
        this.logger.info(`Added job "${record.name}" to job store "${alias}"`);
        this.#events.emit("job:added", { jobId: record.id, store: alias });
        this.#sessions.get(alias)?.wake();
        return record;
      }
      if ((spec.onConflict ?? "error") === "error") throw new ConflictingIdError(record.id);
      const wanted = spec.onConflict === "keep" ? kept(existing, record) : record;
      const updated = await store.update({ ...wanted, version: existing.version });
      if (updated !== undefined) {
        this.#events.emit("job:modified", { jobId: record.id, store: alias });
        this.#sessions.get(alias)?.wake();
        return updated;
      }
      await this.#shortly(attempt);
    }
    throw new JobBusyError(record.id);
  }

  /** Reads, changes and writes until nobody came between. */
  async #change(job: Job, change: (record: JobRecord, nowMs: number) => JobRecord): Promise<JobRecord> {
    if (job.pending) {
      const changed = change(job.record, this.clock.now());
      return changed;
    }
    const store = this.#store(job.store);
    for (let attempt = 0; attempt < UPDATE_TRIES; attempt++) {
      const current = await store.get(job.id);
      if (current === undefined) throw new JobNotFoundError(job.id);
      const updated = await store.update(change(current, await store.now()));
      if (updated !== undefined) {
        this.logger.info(`Modified job ${job.id}`);
        this.#events.emit("job:modified", { jobId: job.id, store: job.store });
        this.#sessions.get(job.store)?.wake();
        return updated;
      }
      await this.#shortly(attempt);
    }
    throw new JobBusyError(job.id);
  }

  #shortly(attempt: number): Promise<void> {
    if (attempt === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.clock.setTimer(Math.ceil(2 ** Math.min(attempt, 7) * this.#random()), resolve);
    });
  }

  async #existing(id: string, store?: string): Promise<Job> {
    const job = await this.getJob(id, store);
    if (job === undefined) throw new JobNotFoundError(id);
    return job;
  }

  async #withJob(id: string, store: string | undefined, change: (job: Job) => Promise<Job>): Promise<Job> {
    return change(await this.#existing(id, store));
  }

  async #jobsOf(alias: string, query: JobQuery): Promise<JobList> {
    const { jobs, cursor } = await this.#store(alias).list(query);
    const list: JobList = jobs.map((record) => new Job(record, alias, false, this));
    if (cursor !== undefined) list.cursor = cursor;
    return list;
  }

  async #allJobsOf(alias: string, query: JobQuery): Promise<Job[]> {
    const all: Job[] = [];
    let cursor: string | undefined;
    do {
      const list = await this.#jobsOf(alias, { ...query, ...(cursor === undefined ? {} : { cursor }) });
      for (const job of list) all.push(job);
      cursor = list.cursor;
    } while (cursor !== undefined && all.length < (query.limit ?? Number.POSITIVE_INFINITY));
    return all;
  }

  async #listing(store: string | undefined): Promise<string[]> {
    if (this.#state === "stopped") {
      const jobs = this.#pending.all().filter((job) => store === undefined || store === job.store);
      return ["Pending jobs:", ...(jobs.length > 0 ? jobs.map((job) => `    ${job}`) : ["    No pending jobs"])];
    }
    const lines: string[] = [];
    for (const alias of [...this.#stores.keys()].sort()) {
      if (store !== undefined && store !== alias) continue;
      const jobs = await this.#allJobsOf(alias, {});
      lines.push(
        `Jobstore ${alias}:`,
        ...(jobs.length > 0 ? jobs.map((job) => `    ${job}`) : ["    No scheduled jobs"]),
      );
    }
    return lines;
  }
}

function matches(job: Job, { store, state, tag }: JobListQuery): boolean {
  if (store !== undefined && job.store !== store) return false;
  if (state === "scheduled" ? job.paused : state === "paused" ? !job.paused : false) return false;
  return tag === undefined || job.tags.includes(tag);
}

function settable(): { promise: Promise<void>; resolve: () => void } {
  let resolve = () => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
