import { type Clock, systemClock } from "../core/clock.js";
import { checkKnown, type OptionNames } from "../core/known-options.js";
import { localZoneName } from "../time/local-zone.js";
import { zone } from "../time/zone.js";
import type { Random } from "../triggers/trigger.js";
import { CancelJob } from "./cancel-job.js";
import { Every } from "./every.js";
import type { EveryTrigger } from "./every-trigger.js";
import { FluentJob } from "./fluent-job.js";
import type { JobFunction } from "./job-function.js";

/** Options of a ScheduleBook. */
export interface ScheduleBookOptions {
  readonly clock?: Clock;
  /** Random source of the intervals of `to()`. */
  readonly random?: Random;
  /** IANA name for jobs whose `at` names none, and for texts; that of the machine by default. */
  readonly timezone?: string;
  /** Listener for errors of jobs. Without it `runPending` and `runAll` throw an AggregateError after the other jobs ran. */
  readonly onError?: (error: unknown, job: FluentJob) => void;
}

/** Options of `runAll`. */
export interface RunAllOptions {
  /** Pause between two jobs. Default 0. */
  readonly delayMs?: number;
}

const OPTIONS: OptionNames<ScheduleBookOptions> = { clock: true, random: true, timezone: true, onError: true };

/** Longest sleep of `start`, within which new jobs are noticed. */
const LONGEST_SLEEP_MS = 1_000;

/**
 * Jobs of this process as in Python's `schedule`, run by calls of `runPending` or by `start`.
 *
 * @example
 * ```ts
 * import { ScheduleBook } from "@headline/scheduler";
 *
 * const book = new ScheduleBook({ timezone: "Europe/Berlin" });
 * book.every(10).minutes.do(() => console.log("ten minutes later"));
 * book.every().day.at("10:30").tag("daily").do(() => console.log("good morning"));
 * await book.runPending();
 * console.log(book.getJobs("daily").length); // 1
 * ```
 */
export class ScheduleBook {
  readonly clock: Clock;
  readonly random: Random;
  readonly timezone: string;
  readonly #onError: ((error: unknown, job: FluentJob) => void) | undefined;
  #jobs: FluentJob[] = [];

  constructor(options: ScheduleBookOptions = {}) {
    checkKnown<ScheduleBookOptions>(options, OPTIONS, "ScheduleBook");
    const { clock = systemClock(), random = Math.random, timezone = localZoneName(), onError } = options;
    this.clock = clock;
    this.random = random;
    this.timezone = zone(timezone).name;
    this.#onError = onError;
  }

  every(interval = 1): Every {
    return new Every(interval, this);
  }

  /** Adds a job, for `Every.do`. */
  add(trigger: EveryTrigger, fn: JobFunction, args: readonly unknown[], tags: Iterable<string>): FluentJob {
    const job = new FluentJob(this, trigger, fn, args, tags);
    this.#jobs.push(job);
    return job;
  }

  /** Makes a decorator: `repeat(book.every().hour)(fn)` adds a job for the function and returns it. */
  repeat(every: Every, ...args: unknown[]): <F extends JobFunction>(fn: F) => F {
    return (fn) => {
      every.do(fn, ...args);
      return fn;
    };
  }

  get jobs(): readonly FluentJob[] {
    return this.#jobs;
  }

  getJobs(tag?: string): FluentJob[] {
    return this.#jobs.filter((job) => tag === undefined || job.tags.has(tag));
  }

  /** Removes all jobs, or those with the tag. */
  clear(tag?: string): void {
    this.#jobs = tag === undefined ? [] : this.#jobs.filter((job) => !job.tags.has(tag));
  }

  /** Removes the job, if it is in the book. */
  cancelJob(job: FluentJob): void {
    this.#jobs = this.#jobs.filter((other) => other !== job);
  }

  get nextRun(): Date | null {
    return this.getNextRun();
  }

  /** Returns the next run of all jobs, or of those with the tag. */
  getNextRun(tag?: string): Date | null {
    const times = this.getJobs(tag).flatMap(({ nextRun }) => (nextRun === null ? [] : [nextRun.getTime()]));
    return times.length === 0 ? null : new Date(times.reduce((a, b) => Math.min(a, b)));
  }

  /** Returns the seconds until the next run, below 0 when it is late; null without jobs. */
  get idleSeconds(): number | null {
    const { nextRun } = this;
    return nextRun === null ? null : (nextRun.getTime() - this.clock.now()) / 1_000;
  }

  /** Runs the due jobs one after the other, by their next run. A job that missed several runs runs once. */
  async runPending(): Promise<void> {
    const due = this.#jobs.filter((job) => job.shouldRun && !job.running);
    due.sort((a, b) => a.nextRun!.getTime() - b.nextRun!.getTime());
    await this.#runEach(due, 0);
  }

  /** Runs every job now, due or not, with a pause between two jobs. */
  async runAll(options: RunAllOptions = {}): Promise<void> {
    checkKnown<RunAllOptions>(options, { delayMs: true }, "runAll");
    await this.#runEach([...this.#jobs], options.delayMs ?? 0);
  }

  /**
   * Runs pending jobs until the signal is aborted, and lets the running one finish. A job that throws ends it too, unless
   * the book has an `onError`.
   */
  async start(options: { readonly signal: AbortSignal }): Promise<void> {
    checkKnown<{ signal: AbortSignal }>(options, { signal: true }, "start");
    const { signal } = options;
    while (!signal.aborted) {
      await this.runPending();
      const idleMs = (this.idleSeconds ?? Number.POSITIVE_INFINITY) * 1_000;
      if (!signal.aborted) await this.#sleep(Math.min(Math.max(idleMs, 0), LONGEST_SLEEP_MS), signal);
    }
  }

  async #runEach(jobs: readonly FluentJob[], delayMs: number): Promise<void> {
    const errors: unknown[] = [];
    for (const [index, job] of jobs.entries()) {
      if (index > 0 && delayMs > 0) await this.#sleep(delayMs);
      // An earlier job may have cancelled this job, and another call may be running it.
      if (this.#jobs.includes(job) && !job.running) await this.#run(job, errors);
    }
    if (errors.length > 0) throw new AggregateError(errors, `${errors.length} of ${jobs.length} jobs failed`);
  }

  async #run(job: FluentJob, errors: unknown[]): Promise<void> {
    try {
      if ((await job.run()) === CancelJob) this.cancelJob(job);
    } catch (error) {
      if (job.nextRun === null) this.cancelJob(job);
      if (this.#onError === undefined) errors.push(error);
      else this.#onError(error, job);
    }
  }

  #sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.clock.setTimer(ms, wake);
      signal?.addEventListener("abort", wake);
      function wake(): void {
        timer[Symbol.dispose]();
        signal?.removeEventListener("abort", wake);
        resolve();
      }
    });
  }
}
