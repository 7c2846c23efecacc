import { jitter } from "./backoff.js";
import { pause } from "./pause.js";

interface Options {
  /** Pause between two runs, more or less by a tenth; a function is called before each pause. */
  readonly everyMs: number | (() => number);
  /** Ends the polling: at once in a pause, after the run in a run. */
  readonly signal: AbortSignal;
  /** Receives what a run throws before the signal; polling goes on. */
  readonly onError: (error: unknown) => void;
  /** Pause after a run that threw. Default: `everyMs`. */
  readonly retryMs?: number;
  /** Whether the first run comes at once, or after a pause. Default: after a pause. */
  readonly immediately?: boolean;
  /** Whether pauses keep the process alive. Default: yes. */
  readonly ref?: boolean;
}

/**
 * Runs `work` again and again, one run at a time, until the signal aborts; resolves when the last run has ended.
 *
 * @example
 * ```ts
 * import { poll } from "@headline/service/timing";
 *
 * const stopped = new AbortController();
 * let runs = 0;
 * const work = () => {
 *   runs += 1;
 *   if (runs === 3) stopped.abort();
 * };
 * await poll(work, { everyMs: 10, signal: stopped.signal, onError: console.error });
 * console.log(runs); // 3
 * ```
 */
export async function poll(work: () => unknown, options: Options): Promise<void> {
  const { everyMs, signal, onError, retryMs = everyMs, immediately = false, ref = true } = options;
  const wait = (ms: typeof everyMs) => pause(jitter(typeof ms === "number" ? ms : ms()), signal, { ref });
  if (!immediately) await wait(everyMs);
  while (!signal.aborted) {
    try {
      await work();
      await wait(everyMs);
    } catch (error) {
      if (signal.aborted) return;
      onError(error);
      await wait(retryMs);
    }
  }
}
