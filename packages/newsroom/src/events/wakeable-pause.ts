import { pause } from "@headline/service/timing";

/** Pauses of one loop: `forMs` ends early when `wake` is called, or was called since the last pause; both end with the signal. */
export function wakeablePause(signal: AbortSignal) {
  let isWoken = false;
  let current: AbortController | undefined;
  return {
    async forMs(ms: number): Promise<void> {
      if (!isWoken) {
        current = new AbortController();
        await pause(ms, AbortSignal.any([signal, current.signal]));
      }
      isWoken = false;
    },
    /** Pauses in full, `wake` or not. */
    async inFull(ms: number): Promise<void> {
      await pause(ms, signal);
    },
    wake(): void {
      isWoken = true;
      current?.abort();
    },
  };
}
