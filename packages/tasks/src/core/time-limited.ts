import type { Clock } from "@headline/scheduler";
import { withAbortGrace } from "@headline/scheduler/kit";
import { SoftTimeLimitExceededError, TimeLimitExceededError } from "./task-errors.js";

interface TimeLimits {
  /** Aborted at the first limit. */
  readonly controller: AbortController;
  /** Limit that the task may survive, ms. */
  readonly softMs: number | undefined;
  /** Limit that ends the task, ms. */
  readonly hardMs: number | undefined;
  /** Time for the work to end after an abort, ms. */
  readonly graceMs: number;
  readonly clock: Clock;
}

/**
 * Runs work under time limits. At the soft one its signal is aborted, and it may still succeed until the hard one, at which it is
 * given up; a hard limit alone aborts, and gives up after the grace.
 */
export async function timeLimited<T>(work: () => PromiseLike<T> | T, limits: TimeLimits): Promise<T> {
  const { controller, softMs, hardMs, graceMs, clock } = limits;
  const timers: Disposable[] = [];
  const isSoft = softMs !== undefined && (hardMs === undefined || softMs < hardMs);
  try {
    if (isSoft)
      timers.push(clock.setTimer(softMs, () => controller.abort(new SoftTimeLimitExceededError(exceeded(softMs)))));
    const over = new Promise<never>((_, reject) => {
      if (hardMs === undefined) return;
      const exceed = () => {
        const error = new TimeLimitExceededError(exceeded(hardMs));
        if (isSoft) reject(error);
        controller.abort(error);
      };
      timers.push(clock.setTimer(hardMs, exceed));
    });
    const grace = isSoft && hardMs !== undefined ? Math.max(graceMs, hardMs - softMs) : graceMs;
    const ended = withAbortGrace(Promise.resolve(work()), { signal: controller.signal, graceMs: grace, clock });
    return await Promise.race([ended, over]);
  } finally {
    for (const timer of timers) timer[Symbol.dispose]();
  }
}

/** Error that ends a run whose work was rejected: the reason of its abort, unless the hard limit came after the soft one. */
export function endingError(error: unknown, signal: AbortSignal): unknown {
  if (error instanceof TimeLimitExceededError) return error;
  return signal.aborted ? (signal.reason as unknown) : error;
}

function exceeded(ms: number): string {
  return `the task ran for longer than ${ms} ms`;
}
