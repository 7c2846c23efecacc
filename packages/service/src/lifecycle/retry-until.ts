import { setTimeout as sleep } from "node:timers/promises";

interface Options {
  /** Ends it at once, an attempt under way included: it then rejects with the signal's reason. */
  readonly signal: AbortSignal;
  /** Called with each failed attempt; an error that it throws ends the retries. */
  readonly onFailure: (error: unknown) => void;
  /** Between two attempts. */
  readonly pauseMs?: number;
}

/** Attempts something again and again until it has worked once. */
export async function retryUntil<T>(attempt: () => Promise<T>, options: Options): Promise<T> {
  const { signal, onFailure, pauseMs = 250 } = options;
  const aborted = abortion(signal);
  try {
    for (;;) {
      signal.throwIfAborted();
      try {
        return await Promise.race([attempt(), aborted.promise]);
      } catch (error) {
        signal.throwIfAborted();
        onFailure(error);
      }
      await sleep(pauseMs * (0.75 + Math.random() / 2), undefined, { signal }).catch(() => undefined);
    }
  } finally {
    aborted.forget();
  }
}

function abortion(signal: AbortSignal): { promise: Promise<never>; forget: () => void } {
  let onAbort = () => {};
  const promise = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
  });
  promise.catch(() => undefined); // no listener between two attempts
  return { promise, forget: () => signal.removeEventListener("abort", onAbort) };
}
