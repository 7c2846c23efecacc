import type { Every } from "./every.js";
import type { FluentJob } from "./fluent-job.js";
import type { JobFunction } from "./job-function.js";
import { type RunAllOptions, ScheduleBook } from "./schedule-book.js";

/** Book behind the functions of this module, with the machine's clock and zone. */
export const defaultBook = new ScheduleBook();

/**
 * Starts a job of the default book, or of a scheduler with `on`: `every(10).minutes`.
 *
 * @example
 * ```ts
 * import { clear, every, runAll } from "@headline/scheduler";
 *
 * every(10).minutes.tag("work").do((name: string) => console.log(`hello ${name}`), "alice"); // hello alice
 * await runAll();
 * clear("work");
 * ```
 */
export function every(interval?: number): Every {
  return defaultBook.every(interval);
}

/** Runs the due jobs of the default book. */
export function runPending(): Promise<void> {
  return defaultBook.runPending();
}

/** Runs every job of the default book now, due or not. */
export function runAll(options?: RunAllOptions): Promise<void> {
  return defaultBook.runAll(options);
}

/** Lists the jobs of the default book, or those with the tag. */
export function getJobs(tag?: string): FluentJob[] {
  return defaultBook.getJobs(tag);
}

/** Removes the jobs of the default book, or those with the tag. */
export function clear(tag?: string): void {
  defaultBook.clear(tag);
}

/** Removes a job from the default book. */
export function cancelJob(job: FluentJob): void {
  defaultBook.cancelJob(job);
}

/** Returns the next run of the default book, of all jobs or of those with the tag. */
export function nextRun(tag?: string): Date | null {
  return defaultBook.getNextRun(tag);
}

/** Returns the seconds until the next run of the default book; null when there is none. */
export function idleSeconds(): number | null {
  return defaultBook.idleSeconds;
}

/** Adds a job of the default book for a function and returns the function: `repeat(every().hour)(fn)`. */
export function repeat(when: Every, ...args: unknown[]): <F extends JobFunction>(fn: F) => F {
  return defaultBook.repeat(when, ...args);
}
