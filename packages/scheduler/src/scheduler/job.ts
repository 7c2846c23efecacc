import type { Backfill, BackfillOptions, RunNowOptions } from "../core/call-options.js";
import type { Clock } from "../core/clock.js";
import type { Coalesce, JobRecord, Retries } from "../core/job-record.js";
import type { JobPatch } from "../core/job-spec.js";
import { jobText } from "../core/job-text.js";
import type { Json } from "../core/json.js";
import type { WithArguments } from "../core/json-arguments.js";
import { checkKnown, type OptionNames } from "../core/known-options.js";
import { checkedCount } from "../core/next-runs.js";
import type { PauseOptions } from "../core/pause.js";
import { hasReachedLimit } from "../core/run-limit.js";
import type { Ack, Overlap, TaskFunction } from "../core/task.js";
import type { Trigger, TriggerState } from "../triggers/trigger.js";

const PAUSE: OptionNames<PauseOptions> = { until: true, note: true };

/** Calls of the scheduler that a Job passes its own to. */
export interface JobHost {
  readonly timezone: string;
  readonly clock: Pick<Clock, "now">;
  changeJob(job: Job, patch: JobPatch): Promise<JobRecord>;
  changeTrigger(job: Job, trigger: Trigger | TriggerState | string): Promise<JobRecord>;
  setPaused(job: Job, paused: boolean | PauseOptions): Promise<JobRecord | undefined>;
  removeJob(id: string, store?: string): Promise<void>;
  runNow(id: string, store?: string, options?: RunNowOptions): Promise<string>;
  backfill(id: string, options: BackfillOptions & { readonly store?: string }): Promise<Backfill>;
}

/**
 * A job as it stood when it was read. Its methods change it in its store and update this object.
 *
 * @example
 * ```ts
 * import { interval, Scheduler } from "@headline/scheduler";
 *
 * const scheduler = new Scheduler();
 * scheduler.registerTask("report", () => {});
 * await scheduler.start();
 * const job = await scheduler.addJob({ id: "report", func: "report", trigger: interval({ hours: 1 }) });
 * await job.modify({ maxInstances: 2 });
 * await job.pause({ note: "stocktaking" });
 * console.log(job.paused, job.pauseNote); // true stocktaking
 * await job.resume();
 * console.log(job.nextRuns(3).length); // 3
 * await job.remove();
 * await scheduler.shutdown();
 * ```
 */
export class Job {
  #record: JobRecord;
  readonly #host: JobHost;

  constructor(
    record: JobRecord,
    readonly store: string,
    /** True before the start of the scheduler, when the job is in no store yet. */
    public pending: boolean,
    host: JobHost,
  ) {
    this.#record = record;
    this.#host = host;
  }

  /** Takes the stored record of a job that was pending. */
  settle(record: JobRecord): void {
    this.#record = record;
    this.pending = false;
  }

  /** Takes the record of a pending job that was added again. */
  redefine(record: JobRecord): void {
    this.#record = record;
  }

  get record(): JobRecord {
    return this.#record;
  }
  get id(): string {
    return this.#record.id;
  }
  get name(): string {
    return this.#record.name;
  }
  get func(): string | TaskFunction {
    return this.#record.func;
  }
  get args(): readonly Json[] {
    return this.#record.args;
  }
  get kwargs(): Json | undefined {
    return this.#record.kwargs;
  }
  get trigger(): Trigger {
    return this.#record.trigger;
  }
  get executor(): string {
    return this.#record.executor;
  }
  get coalesce(): Coalesce {
    return this.#record.coalesce;
  }
  get maxInstances(): number {
    return this.#record.maxInstances;
  }
  get overlap(): Overlap {
    return this.#record.overlap;
  }
  get misfireGraceTime(): number | null {
    return this.#record.misfireGraceTime;
  }
  get timeoutMs(): number | null {
    return this.#record.timeoutMs;
  }
  get retries(): Retries | null {
    return this.#record.retries;
  }
  get ack(): Ack {
    return this.#record.ack;
  }
  get tags(): readonly string[] {
    return this.#record.tags;
  }
  /** Runs after which the job ends; null without a limit. */
  get maxRuns(): number | null {
    return this.#record.maxRuns ?? null;
  }
  /** Runs that count towards `maxRuns`; null without a limit. */
  get runCount(): number | null {
    return this.maxRuns === null ? null : (this.#record.runCount ?? 0);
  }
  /** True once `maxRuns` is reached. */
  get ended(): boolean {
    return hasReachedLimit(this.#record);
  }
  get nextRunTime(): Date | null {
    return this.#record.nextRunMs === null ? null : new Date(this.#record.nextRunMs);
  }
  get paused(): boolean {
    return this.#record.nextRunMs === null || this.pausedUntil !== null;
  }
  /** Moment at which the pause ends by itself; null when it does not, or the job is not paused. */
  get pausedUntil(): Date | null {
    const { pausedUntilMs } = this.#record;
    return pausedUntilMs === undefined || pausedUntilMs <= this.#host.clock.now() ? null : new Date(pausedUntilMs);
  }
  /** Note of the pause; null without one, or when the job is not paused. */
  get pauseNote(): string | null {
    return this.paused ? (this.#record.pauseNote ?? null) : null;
  }

  /** Returns the next run times, without jitter after the first; none while the job is paused without an end. */
  nextRuns(count: number): Date[] {
    const { nextRunMs, trigger, maxRuns, runCount = 0 } = this.#record;
    const left = maxRuns === undefined ? checkedCount(count) : Math.min(checkedCount(count), maxRuns - runCount);
    const runs: Date[] = [];
    for (let at = nextRunMs; at !== null && runs.length < left; at = trigger.next(at, at)) runs.push(new Date(at));
    return runs;
  }

  /** Changes any attribute but the id. The next run stays, unless `nextRunTime` is among the changes. */
  modify<Args extends readonly unknown[], Kwargs>(patch: WithArguments<JobPatch, Args, Kwargs>): Promise<this>;
  modify(patch: JobPatch): Promise<this>;
  async modify(patch: JobPatch): Promise<this> {
    this.#record = await this.#host.changeJob(this, patch);
    return this;
  }

  /** Sets a new trigger, and the next run that it gives from now on. */
  async reschedule(trigger: Trigger | TriggerState | string): Promise<this> {
    this.#record = await this.#host.changeTrigger(this, trigger);
    return this;
  }

  /**
   * Pauses the job until `resume`, or until a date: its first run is then the trigger's first at or after it, by the store's
   * clock. A one-off whose moment passes meanwhile runs at that date.
   */
  async pause(options: PauseOptions = {}): Promise<this> {
    checkKnown<PauseOptions>(options, PAUSE, "pause");
    this.#record = (await this.#host.setPaused(this, options)) ?? this.#record;
    return this;
  }

  /**
   * Resumes the job: its next run is counted from now. A one-off whose moment has passed runs now, or is missed by its
   * grace. A job whose repeating trigger has ended meanwhile is removed, and the result is undefined.
   */
  async resume(): Promise<this | undefined> {
    const resumed = await this.#host.setPaused(this, false);
    if (resumed === undefined) return undefined;
    this.#record = resumed;
    return this;
  }

  /** Removes the job; runs under way go on, and its executions stay. */
  remove(): Promise<void> {
    return this.#host.removeJob(this.id, this.store);
  }

  /** Runs the job once outside its timetable; returns the execution's id. Throws a MaxInstancesError when its overlap is skipped. */
  runNow(options?: RunNowOptions): Promise<string> {
    return this.#host.runNow(this.id, this.store, options);
  }

  /** Runs past run times; see `Scheduler.backfill`. */
  backfill(options: BackfillOptions): Promise<Backfill> {
    return this.#host.backfill(this.id, { ...options, store: this.store });
  }

  /** Returns APScheduler's text of the job. */
  toString(): string {
    return jobText(this.#record, this.#host.timezone, this.pending);
  }
}
