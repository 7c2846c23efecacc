import { abortable, jitter, pause } from "../timing/index.js";

interface Options {
  /** Ends it at once, an attempt under way included: it then rejects with the signal's reason. */
  readonly signal: AbortSignal;
  /** Called with each failed attempt; an error that it throws ends the retries. */
  readonly onFailure: (error: unknown) => void;
  /** Between two attempts, more or less by a quarter. */
  readonly pauseMs?: number;
}

const SPREAD = 0.25;

/** Attempts something again and again until it has worked once. */
export async function retryUntil<T>(attempt: () => Promise<T>, options: Options): Promise<T> {
  const { signal, onFailure, pauseMs = 250 } = options;
  for (;;) {
    signal.throwIfAborted();
    try {
      return await abortable(attempt(), signal);
    } catch (error) {
      signal.throwIfAborted();
      onFailure(error);
    }
    await pause(jitter(pauseMs, SPREAD), signal);
  }
}
