import type { Clock } from "../core/clock.js";
import type { Job } from "../scheduler/job.js";
import type { Scheduler } from "../scheduler/scheduler.js";
import { zone } from "../time/zone.js";
import { DaySet } from "../triggers/day-set.js";
import type { Random } from "../triggers/trigger.js";
import { addToScheduler, type BoundOptions } from "./bound.js";
import { IntervalError, ScheduleValueError } from "./errors.js";
import { checkedDayOfMonth, checkInterval, EveryTrigger } from "./every-trigger.js";
import type { FluentJob } from "./fluent-job.js";
import type { JobFunction } from "./job-function.js";
import { parseTimeOfDay } from "./time-of-day.js";
import type { Unit, Weekday } from "./units.js";
import { parseUntil, type UntilInput } from "./until.js";

/** Book of an `every()`, as far as it needs it. */
interface EveryBook {
  readonly clock: Clock;
  readonly random: Random;
  readonly timezone: string;
  add(trigger: EveryTrigger, fn: JobFunction, args: readonly unknown[], tags: Iterable<string>): FluentJob;
}

/** `every()` that is bound to a scheduler; `do` adds its job. */
export interface BoundEvery {
  /** Adds the job of a registered task's name (called with the run's context, then `args`), or of a function (called with `args`). */
  do(work: string | JobFunction, ...args: unknown[]): Promise<Job>;
}

/**
 * Builder of a job: `every(10).minutes`, `every().day.at("10:30")`, `every(5).to(10).seconds`, ended by `do`.
 *
 * @example
 * ```ts
 * import { every, Scheduler } from "@headline/scheduler";
 *
 * const scheduler = new Scheduler({ timezone: "UTC" });
 * await every(10).minutes.on(scheduler, { id: "tick" }).do(() => console.log("tick"));
 * const close = every().month.onDay(31).at("09:00").except("sun").on(scheduler, { id: "close" });
 * console.log(String((await close.do(() => console.log("closed"))).trigger)); // every[month on day 31 at 09:00:00 without sun]
 * ```
 */
export class Every {
  #latest: number | undefined;
  #unit: Unit | undefined;
  #startDay: Weekday | undefined;
  #at: string | undefined;
  #timezone: string | undefined;
  #until: UntilInput | undefined;
  #without: readonly string[] = [];
  #day: number | undefined;
  readonly #tags = new Set<string>();

  constructor(
    readonly interval: number,
    private readonly book: EveryBook,
  ) {
    checkInterval(interval);
  }

  get second(): this {
    return this.#single("seconds");
  }
  get seconds(): this {
    return this.#every("seconds");
  }
  get minute(): this {
    return this.#single("minutes");
  }
  get minutes(): this {
    return this.#every("minutes");
  }
  get hour(): this {
    return this.#single("hours");
  }
  get hours(): this {
    return this.#every("hours");
  }
  get day(): this {
    return this.#single("days");
  }
  get days(): this {
    return this.#every("days");
  }
  get week(): this {
    return this.#single("weeks");
  }
  get weeks(): this {
    return this.#every("weeks");
  }
  /** Months, on the day of the month on which it is added or that of `onDay`; the last day of a shorter month. */
  get month(): this {
    return this.#single("months");
  }
  get months(): this {
    return this.#every("months");
  }
  /** Years, on the day of the year on which it is added; 29 February is the 28th in other years. */
  get year(): this {
    return this.#single("years");
  }
  get years(): this {
    return this.#every("years");
  }
  get monday(): this {
    return this.#on("monday");
  }
  get tuesday(): this {
    return this.#on("tuesday");
  }
  get wednesday(): this {
    return this.#on("wednesday");
  }
  get thursday(): this {
    return this.#on("thursday");
  }
  get friday(): this {
    return this.#on("friday");
  }
  get saturday(): this {
    return this.#on("saturday");
  }
  get sunday(): this {
    return this.#on("sunday");
  }

  /** Draws the interval for each run, from that of `every` to `latest`, both included. */
  to(latest: number): this {
    this.#latest = latest;
    return this;
  }

  /**
   * Sets the time of day (`HH:MM[:SS]`), of the hour (`MM:SS` or `:MM`) or of the minute (`:SS`), after the unit. With a
   * time zone, days and weeks are those of the zone.
   */
  at(time: string, timezone?: string): this {
    this.#at = parseTimeOfDay(time, this.#unit, this.#startDay);
    if (timezone !== undefined) this.#timezone = checkedZone(timezone);
    return this;
  }

  /** Sets the last moment at which it may run. Text is local time, a time alone is today's. */
  until(until: UntilInput): this {
    parseUntil(until, this.book.clock.now(), this.book.timezone); // refused here, where it is written
    this.#until = until;
    return this;
  }

  /** Sets the day of the month, 1 to 31, after `month` or `months`; a shorter month has its last day instead. */
  onDay(day: number): this {
    if (this.#unit !== "months") throw new ScheduleValueError("onDay() comes after month or months");
    this.#day = checkedDayOfMonth(day);
    return this;
  }

  /** Leaves these days out: `sat`, `2026-04-03`, `12-25`, `12-24/01-02`. */
  except(...days: string[]): this {
    this.#without = new DaySet([...this.#without, ...days]).texts;
    return this;
  }

  tag(...tags: string[]): this {
    for (const tag of tags) this.#tags.add(tag);
    return this;
  }

  /** Adds the job to the book. */
  do(fn: JobFunction, ...args: unknown[]): FluentJob {
    if (typeof fn !== "function") throw new TypeError("do() takes a function; a task's name needs on(scheduler) first");
    const trigger = this.#trigger(this.book, this.#timezone ?? this.book.timezone).anchored(this.book.clock.now());
    return this.book.add(trigger, fn, args, this.#tags);
  }

  /** Binds the job to a scheduler: it is in its store, and any scheduler of that store runs it. */
  on(scheduler: Scheduler, options: BoundOptions = {}): BoundEvery {
    return {
      do: (work, ...args) =>
        addToScheduler(scheduler, {
          trigger: this.#trigger(scheduler, this.#timezone),
          work,
          args,
          tags: [...this.#tags],
          options,
        }),
    };
  }

  /** Makes the trigger; `until` is read by the clock and in the time zone of the book or scheduler. */
  #trigger({ clock, timezone: local }: EveryBook | Scheduler, timezone: string | undefined): EveryTrigger {
    return new EveryTrigger({
      interval: this.interval,
      latest: this.#latest,
      // The trigger refuses a missing unit with the same words as a wrong one.
      unit: this.#unit as Unit,
      startDay: this.#startDay,
      at: this.#at,
      timezone,
      without: this.#without,
      dayOfMonth: this.#day,
      until: this.#until === undefined ? undefined : parseUntil(this.#until, clock.now(), local),
    });
  }

  #every(unit: Unit): this {
    this.#unit = unit;
    return this;
  }

  #single(unit: Unit): this {
    if (this.interval !== 1) throw new IntervalError(`Use ${unit} instead of ${unit.slice(0, -1)}`);
    return this.#every(unit);
  }

  #on(weekday: Weekday): this {
    if (this.interval !== 1) {
      throw new IntervalError(
        `Scheduling .${weekday}() jobs is only allowed for weekly jobs. ` +
          `Using .${weekday}() on a job scheduled to run every 2 or more weeks is not supported.`,
      );
    }
    this.#startDay = weekday;
    return this.#every("weeks");
  }
}

function checkedZone(timezone: string): string {
  if (typeof timezone !== "string") throw new ScheduleValueError("Timezone must be the IANA name of a zone");
  try {
    zone(timezone);
  } catch (error) {
    throw new ScheduleValueError(`Unknown time zone "${timezone}"`, { cause: error });
  }
  return timezone;
}
