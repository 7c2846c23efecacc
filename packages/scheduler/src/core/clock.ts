/** Time as the scheduler sees it: nothing in this package calls Date.now or setTimeout but `systemClock`. */
export interface Clock {
  /** The wall clock, epoch milliseconds. It may jump. */
  now(): number;
  /** Milliseconds that only ever go forward, from an arbitrary start. */
  monotonic(): number;
  /** Calls back once, `delayMs` from now at the earliest; disposing it first means never. */
  setTimer(delayMs: number, callback: () => void): Disposable;
}

/** setTimeout counts in 32 bits: a longer delay would fire at once. */
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;

/** The machine's own clocks and timers. `unref` lets the process end while only the scheduler waits. */
export function systemClock({ unref = false }: { unref?: boolean } = {}): Clock {
  return {
    now: Date.now,
    monotonic: () => performance.now(),
    setTimer(delayMs, callback) {
      const timeout = setTimeout(callback, Math.min(Math.max(0, delayMs), LONGEST_TIMEOUT_MS));
      if (unref) timeout.unref();
      return { [Symbol.dispose]: () => clearTimeout(timeout) };
    },
  };
}
