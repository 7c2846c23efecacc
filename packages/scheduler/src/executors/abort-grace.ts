import type { Clock } from "../core/clock.js";
import { TaskIgnoredAbortError } from "./task-ignored-abort-error.js";

/** Settles as the work does; rejects with a TaskIgnoredAbortError when it has not ended within the grace after an abort. */
export function withAbortGrace<T>(
  work: PromiseLike<T>,
  { signal, graceMs, clock }: { signal: AbortSignal; graceMs: number; clock: Clock },
): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    let grace: Disposable | undefined;
    const aborted = () => {
      grace = clock.setTimer(graceMs, () => reject(new TaskIgnoredAbortError()));
    };
    if (signal.aborted) aborted();
    else signal.addEventListener("abort", aborted, { once: true });
    const stop = () => {
      signal.removeEventListener("abort", aborted);
      grace?.[Symbol.dispose]();
    };
    work.then(
      (value) => {
        stop();
        resolve(value);
      },
      (error: unknown) => {
        stop();
        reject(error as Error);
      },
    );
  });
}
