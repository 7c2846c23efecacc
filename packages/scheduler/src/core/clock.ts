import { checkKnown, type OptionNames } from "./known-options.js";

/** Source of timers: setTimeout in this thread, a thread of their own (`threadTimers`), or a test's clock. */
export interface TimerSource {
  /** Calls back once, `delayMs` from now at the earliest, unless it is disposed before. */
  setTimer(delayMs: number, callback: () => void): Disposable;
}

/** Time of the scheduler: nothing else in this package reads the time or sets a timer. */
export interface Clock extends TimerSource {
  /** Returns the wall clock, epoch ms. It may jump. */
  now(): number;
  /** Returns milliseconds that never go back, from an arbitrary start. */
  monotonic(): number;
}

/** Options of `systemClock`. */
export interface SystemClockOptions {
  /** Lets the process end while only the scheduler waits. Ignored with `timers` of your own. */
  readonly unref?: boolean;
  /** Default: setTimeout. */
  readonly timers?: TimerSource;
}

const OPTIONS: OptionNames<SystemClockOptions> = { unref: true, timers: true };

/** Longest delay of setTimeout, which counts in 32 bits: a longer one fires at once. */
export const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;

/**
 * Creates a clock on the machine's clocks and timers.
 *
 * @example
 * ```ts
 * import { Scheduler, systemClock } from "@headline/scheduler";
 *
 * const scheduler = new Scheduler({ clock: systemClock({ unref: true }) });
 * console.log(scheduler.clock.now() <= Date.now()); // true
 * ```
 */
export function systemClock(options: SystemClockOptions = {}): Clock {
  checkKnown<SystemClockOptions>(options, OPTIONS, "systemClock");
  const { unref = false, timers = loopTimers(unref) } = options;
  return {
    now: Date.now,
    monotonic: () => performance.now(),
    setTimer: (delayMs, callback) => timers.setTimer(delayMs, callback),
  };
}

function loopTimers(unref: boolean): TimerSource {
  return {
    setTimer(delayMs, callback) {
      const timeout = setTimeout(callback, Math.min(Math.max(0, delayMs), LONGEST_TIMEOUT_MS));
      if (unref) timeout.unref();
      return { [Symbol.dispose]: () => clearTimeout(timeout) };
    },
  };
}
