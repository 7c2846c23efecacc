import { setTimeout as sleep } from "node:timers/promises";

/** Pauses of one loop, which end early when the signal comes, or when somebody has `end` called: then the next one does not even begin. */
export function createPause(signal: AbortSignal) {
  let wanted = false;
  let current: AbortController | undefined;
  return {
    /** Until the time is over or somebody ends it. */
    async forMs(ms: number): Promise<void> {
      if (!wanted) {
        current = new AbortController();
        const ended = AbortSignal.any([signal, current.signal]);
        await sleep(ms, undefined, { signal: ended }).catch(() => undefined);
      }
      wanted = false;
    },
    /** Until the time is over, whoever calls. */
    async anyway(ms: number): Promise<void> {
      await sleep(ms, undefined, { signal }).catch(() => undefined);
    },
    end(): void {
      wanted = true;
      current?.abort();
    },
  };
}
