import { durationText } from "../time/duration-text.js";
import { localZoneName } from "../time/local-zone.js";
import { BOUNDS_OPTIONS, type Bounds, type BoundsOptions, bounded, boundsJSON, readBounds } from "./bounds.js";
import { checkOptions } from "./check-options.js";
import { ELAPSED_PARTS, type Elapsed, elapsedMs } from "./elapsed.js";
import type { Instant, Random, Trigger, TriggerState } from "./trigger.js";

/** Options of `interval`. */
export interface IntervalOptions extends Elapsed, BoundsOptions {
  /** The first run's moment when there is no `startDate`, epoch ms; `anchored` fills it in. */
  readonly anchor?: number | undefined;
}

/**
 * Creates a trigger that runs each time that much time has passed: from `startDate`, or from one interval after the job is
 * added. The parts are summed; nothing at all is one second. Elapsed time: clock changes do not matter.
 *
 * @example
 * ```ts
 * import { interval, nextRuns } from "@headline/scheduler";
 *
 * const trigger = interval({ hours: 1, minutes: 30, startDate: "2026-01-01 00:00:00", timezone: "UTC" });
 * console.log(JSON.stringify(nextRuns(trigger, 2, "2026-01-01T00:00:00Z"))); // ["2026-01-01T00:00:00.000Z","2026-01-01T01:30:00.000Z"]
 * ```
 */
export function interval(options: IntervalOptions): IntervalTrigger {
  return new IntervalTrigger(options);
}

export class IntervalTrigger implements Trigger {
  readonly kind = "interval";
  readonly everyMs: number;
  readonly #options: IntervalOptions;
  readonly #bounds: Bounds;

  constructor(options: IntervalOptions) {
    checkOptions("interval", options, ELAPSED_PARTS, BOUNDS_OPTIONS, ["anchor"]);
    const everyMs = elapsedMs(options);
    if (everyMs < 0) throw new RangeError(`interval: must not be negative, is ${everyMs} ms`);
    this.everyMs = everyMs === 0 ? 1_000 : everyMs;
    this.#options = options;
    this.#bounds = readBounds(options, options.timezone ?? localZoneName(), "down");
  }

  /** Returns multiples of the interval from the first run on, so that neither jitter nor a late start moves the others. */
  next(previous: Instant | null, now: Instant, random?: Random): Instant | null {
    return bounded(this.#next(previous, now), this.#bounds, random, (at) => at + this.everyMs);
  }

  #next(previous: Instant | null, now: Instant): Instant {
    const first = this.#first();
    if (first === undefined) return (previous ?? now) + this.everyMs;
    const from = previous === null ? now : previous + 1;
    if (from <= first) return first;
    return first + Math.ceil((from - first) / this.everyMs) * this.everyMs;
  }

  #first(): Instant | undefined {
    const { startMs } = this.#bounds;
    return startMs === Number.NEGATIVE_INFINITY ? this.#options.anchor : startMs;
  }

  anchored(now: Instant): Trigger {
    if (this.#first() !== undefined) return this;
    return new IntervalTrigger({ ...this.#options, anchor: now + this.everyMs });
  }

  inZone(timezone: string): IntervalTrigger {
    const { startDate, endDate, start_date, end_date } = this.#options;
    const local = [startDate, endDate, start_date, end_date].some((date) => typeof date === "string");
    return local && this.#options.timezone === undefined ? new IntervalTrigger({ ...this.#options, timezone }) : this;
  }

  toJSON(): TriggerState {
    const { anchor } = this.#options;
    return {
      kind: this.kind,
      milliseconds: this.everyMs,
      ...(anchor === undefined ? {} : { anchor }),
      ...boundsJSON(this.#options),
    };
  }

  toString(): string {
    return `interval[${durationText(this.everyMs)}]`;
  }
}
