import type { Clock } from "@headline/scheduler";

/** Resolves when a promise has settled, in either way, or after `ms`. */
export async function settledWithin(promise: Promise<unknown>, ms: number, clock: Clock): Promise<void> {
  let timer: Disposable | undefined;
  const over = new Promise<void>((resolve) => {
    timer = clock.setTimer(ms, resolve);
  });
  try {
    await Promise.race([promise, over]);
  } catch {
    // the owner of the promise handles its error
  } finally {
    timer?.[Symbol.dispose]();
  }
}
