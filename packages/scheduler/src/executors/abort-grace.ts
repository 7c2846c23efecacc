import type { Clock } from "../core/clock.js";
import { TaskIgnoredAbortError } from "./task-ignored-abort-error.js";

/** How the work ended, or a TaskIgnoredAbortError when its signal was aborted and it does not end within the grace. */
export function settledOrIgnored<T>(
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
