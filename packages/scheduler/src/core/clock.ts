import { checkKnown, type OptionNames } from "./known-options.js";

/** Where timers come from: setTimeout in this thread, a thread of their own (`threadTimers`), or a test's clock. */
export interface TimerSource {
  /** Calls back once, `delayMs` from now at the earliest; disposing it first means never. */
  setTimer(delayMs: number, callback: () => void): Disposable;
}

/** Time as the scheduler sees it: nothing else in this package reads the time or sets a timer. */
export interface Clock extends TimerSource {
  /** The wall clock, epoch milliseconds. It may jump. */
  now(): number;
  /** Milliseconds that only ever go forward, from an arbitrary start. */
  monotonic(): number;
}

/** Options of the system clock. */
export interface SystemClockOptions {
  /** Lets the process end while only the scheduler waits. Ignored with `timers` of your own. */
  readonly unref?: boolean;
  /** Default: setTimeout. */
  readonly timers?: TimerSource;
}

const OPTIONS: OptionNames<SystemClockOptions> = { unref: true, timers: true };

/** setTimeout counts in 32 bits: a longer delay would fire at once. */
export const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;

/** The machine's own clocks and timers. */
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
