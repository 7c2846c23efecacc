/** Where timers come from: setTimeout in this thread, a thread of their own (`threadTimers`), or a test's clock. */
export interface TimerSource {
  /** Calls back once, `delayMs` from now at the earliest; disposing it first means never. */
  setTimer(delayMs: number, callback: () => void): Disposable;
}
