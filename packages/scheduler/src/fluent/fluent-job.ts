import { inspect } from "node:util";
import type { Clock } from "../core/clock.js";
import type { Job } from "../scheduler/job.js";
import type { Scheduler } from "../scheduler/scheduler.js";
import { localText } from "../time/format.js";
import type { Instant, Random } from "../triggers/trigger.js";
import { addToScheduler, type BoundOptions } from "./bound.js";
import { CancelJob } from "./cancel-job.js";
import type { EveryTrigger } from "./every-trigger.js";
import type { JobFunction } from "./job-function.js";
import { unitText } from "./units.js";
import { parseUntil, type UntilInput } from "./until.js";

/** Book of a job, as far as the job needs it. */
interface JobBook {
  readonly clock: Clock;
  readonly random: Random;
  readonly timezone: string;
  cancelJob(job: FluentJob): void;
}

/** Job of a ScheduleBook. */
export class FluentJob {
  readonly tags: Set<string>;
  #trigger: EveryTrigger;
  #nextRunAt: Instant | null;
  #lastRunAt: Instant | null = null;
  #running = false;

  constructor(
    private readonly book: JobBook,
    trigger: EveryTrigger,
    readonly fn: JobFunction,
    readonly args: readonly unknown[],
    tags: Iterable<string>,
  ) {
    this.#trigger = trigger;
    this.tags = new Set(tags);
    this.#nextRunAt = this.#next();
  }

  get trigger(): EveryTrigger {
    return this.#trigger;
  }

  /** Next run; null when it has ended. */
  get nextRun(): Date | null {
    return dateOf(this.#nextRunAt);
  }

  /** End of its last run. */
  get lastRun(): Date | null {
    return dateOf(this.#lastRunAt);
  }

  get shouldRun(): boolean {
    return this.#nextRunAt !== null && this.book.clock.now() >= this.#nextRunAt;
  }

  get running(): boolean {
    return this.#running;
  }

  tag(...tags: string[]): this {
    for (const tag of tags) this.tags.add(tag);
    return this;
  }

  until(until: UntilInput): this {
    const at = parseUntil(until, this.book.clock.now(), this.book.timezone);
    this.#trigger = this.#trigger.until(at);
    if (this.#nextRunAt !== null && this.#nextRunAt > at) this.#nextRunAt = null;
    return this;
  }

  cancel(): void {
    this.book.cancelJob(this);
  }

  /**
   * Runs it now and counts its next run from the end of this run, also after an error. Returns the value of the function,
   * or CancelJob when its `until` has passed (then it does not run) or comes before its next run.
   */
  async run(): Promise<unknown> {
    const { until } = this.#trigger.options;
    if (until !== undefined && this.book.clock.now() > until) {
      this.#nextRunAt = null;
      return CancelJob;
    }
    this.#running = true;
    let value: unknown;
    try {
      value = await this.fn(...this.args);
    } finally {
      this.#running = false;
      this.#lastRunAt = this.book.clock.now();
      this.#nextRunAt = this.#next();
    }
    return this.#nextRunAt === null ? CancelJob : value;
  }

  /** Moves it from its book to a scheduler, which calls the function with the same arguments. */
  async on(scheduler: Scheduler, options: BoundOptions = {}): Promise<Job> {
    const { fn, args, tags, trigger } = this;
    const job = await addToScheduler(scheduler, { trigger, work: fn, args, tags: [...tags], options });
    this.cancel();
    return job;
  }

  /** Describes the job: `Every 10 minutes do job() (last run: [never], next run: 2026-01-05 10:10:00)`. */
  toString(): string {
    const { interval, latest, unit, at } = this.#trigger.options;
    const every = `Every ${interval} ${latest === undefined ? "" : `to ${latest} `}${unitText(unit, latest ?? interval)}`;
    const call = `${this.fn.name || "[function]"}(${this.args.map((arg) => inspect(arg)).join(", ")})`;
    const times = `(last run: ${this.#text(this.#lastRunAt)}, next run: ${this.#text(this.#nextRunAt)})`;
    return `${every}${at === undefined ? "" : ` at ${at}`} do ${call} ${times}`;
  }

  #text(at: Instant | null): string {
    return at === null ? "[never]" : localText(at, this.book.timezone, " ");
  }

  #next(): Instant | null {
    return this.#trigger.next(null, this.book.clock.now(), this.book.random);
  }
}

function dateOf(at: Instant | null): Date | null {
  return at === null ? null : new Date(at);
}
