import type { Clock } from "../core/clock.js";
import type { Ack, Coalesce, JobRecord, Overlap, Retries } from "../core/job-record.js";
import type { JobPatch } from "../core/job-spec.js";
import { jobText } from "../core/job-text.js";
import type { Json } from "../core/json.js";
import type { WithArguments } from "../core/json-arguments.js";
import { checkKnown, type OptionNames } from "../core/known-options.js";
import { hasReachedLimit } from "../core/run-limit.js";
import type { TaskFunction } from "../core/task.js";
import type { DateInput } from "../time/parse.js";
import { checkedCount } from "../triggers/next-runs.js";
import type { Trigger, TriggerState } from "../triggers/trigger.js";
import type { Backfill, BackfillOptions } from "./backfill.js";

/** Options of a run outside the trigger. */
export interface RunNowOptions {
  /** Another rule than the job's own. */
  readonly overlap?: Overlap;
}

/** End and note of a pause. */
export interface PauseOptions {
  /** When the job resumes by itself; text without an offset is local time in the scheduler's zone. */
  readonly until?: DateInput;
  /** Why, for those who look at it; at most 1,000 characters. */
  readonly note?: string;
}

const PAUSE: OptionNames<PauseOptions> = { until: true, note: true };

/** What a job asks of the scheduler it came from. */
export interface JobKeeper {
  readonly timezone: string;
  readonly clock: Pick<Clock, "now">;
  changeJob(job: Job, patch: JobPatch): Promise<JobRecord>;
  changeTrigger(job: Job, trigger: Trigger | TriggerState | string): Promise<JobRecord>;
  setPaused(job: Job, paused: boolean | PauseOptions): Promise<JobRecord | undefined>;
  removeJob(id: string, store?: string): Promise<void>;
  runNow(id: string, store?: string, options?: RunNowOptions): Promise<string>;
  backfill(id: string, options: BackfillOptions & { readonly store?: string }): Promise<Backfill>;
}

/** A job as it stood when it was read, and the ways to change it. Changes go to the store and come back here. */
export class Job {
  #record: JobRecord;
  #keeper: JobKeeper;

  constructor(
    record: JobRecord,
    readonly store: string,
    /** True until the scheduler is started: then it goes to its store. */
    public pending: boolean,
    keeper: JobKeeper,
  ) {
    this.#record = record;
    this.#keeper = keeper;
  }

  /** The scheduler has been started and the job is in its store. */
  settle(record: JobRecord): void {
    this.#record = record;
    this.pending = false;
  }

  /** Still pending, it was added again and says something else now. */
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
  /** Runs after which it ends; null when there is no limit. */
  get maxRuns(): number | null {
    return this.#record.maxRuns ?? null;
  }
  /** Runs that count towards `maxRuns`; null when there is no limit. */
  get runCount(): number | null {
    return this.maxRuns === null ? null : (this.#record.runCount ?? 0);
  }
  /** True when it has had its `maxRuns`. */
  get ended(): boolean {
    return hasReachedLimit(this.#record);
  }
  get nextRunTime(): Date | null {
    return this.#record.nextRunMs === null ? null : new Date(this.#record.nextRunMs);
  }
  get paused(): boolean {
    return this.#record.nextRunMs === null || this.pausedUntil !== null;
  }
  /** When a pause ends by itself; null when it does not, or the job is not paused. */
  get pausedUntil(): Date | null {
    const { pausedUntilMs } = this.#record;
    return pausedUntilMs === undefined || pausedUntilMs <= this.#keeper.clock.now() ? null : new Date(pausedUntilMs);
  }
  /** The note of the pause; null when there is none, or the job is not paused. */
  get pauseNote(): string | null {
    return this.paused ? (this.#record.pauseNote ?? null) : null;
  }

  /** The next run times, without jitter behind the first; none while it is paused without an end. */
  nextRuns(count: number): Date[] {
    const { nextRunMs, trigger, maxRuns, runCount = 0 } = this.#record;
    const left = maxRuns === undefined ? checkedCount(count) : Math.min(checkedCount(count), maxRuns - runCount);
    const runs: Date[] = [];
    for (let at = nextRunMs; at !== null && runs.length < left; at = trigger.next(at, at)) runs.push(new Date(at));
    return runs;
  }

  /** Changes any attribute but the id. The next run stays unless `nextRunTime` is among them. */
  modify<Args extends readonly unknown[], Kwargs>(patch: WithArguments<JobPatch, Args, Kwargs>): Promise<this>;
  modify(patch: JobPatch): Promise<this>;
  async modify(patch: JobPatch): Promise<this> {
    this.#record = await this.#keeper.changeJob(this, patch);
    return this;
  }

  /** A new trigger, and the next run it gives from now on. */
  async reschedule(trigger: Trigger | TriggerState | string): Promise<this> {
    this.#record = await this.#keeper.changeTrigger(this, trigger);
    return this;
  }

  /**
   * No runs until `resume`, or until a date: the first run is then the first of the trigger at or after it, by the
   * store's clock. A one-off whose moment passes meanwhile runs at that date.
   */
  async pause(options: PauseOptions = {}): Promise<this> {
    checkKnown<PauseOptions>(options, PAUSE, "pause");
    this.#record = (await this.#keeper.setPaused(this, options)) ?? this.#record;
    return this;
  }

  /**
   * The next run is counted from now. A one-off whose moment has passed runs now, or is missed by its grace. A job whose
   * repeating trigger has ended meanwhile is removed, and the answer is undefined.
   */
  async resume(): Promise<this | undefined> {
    const resumed = await this.#keeper.setPaused(this, false);
    if (resumed === undefined) return undefined;
    this.#record = resumed;
    return this;
  }

  remove(): Promise<void> {
    return this.#keeper.removeJob(this.id, this.store);
  }

  /** Runs it once beside its timetable; answers the execution's id. Throws MaxInstancesError when its overlap is skipped. */
  runNow(options?: RunNowOptions): Promise<string> {
    return this.#keeper.runNow(this.id, this.store, options);
  }

  /** See `Scheduler.backfill`. */
  backfill(options: BackfillOptions): Promise<Backfill> {
    return this.#keeper.backfill(this.id, { ...options, store: this.store });
  }

  toString(): string {
    return jobText(this.#record, this.#keeper.timezone, this.pending);
  }
}
