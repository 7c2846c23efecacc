import type { Every } from "./every.js";
import type { FluentJob } from "./fluent-job.js";
import type { JobFunction } from "./job-function.js";
import { type RunAllOptions, ScheduleBook } from "./schedule-book.js";

/** Book of the functions below, with the machine's clock and time zone. */
export const defaultBook = new ScheduleBook();

/** Begins a job of the default book: `every(10).minutes.do(work)`. */
export function every(interval?: number): Every {
  return defaultBook.every(interval);
}

/** Runs all due jobs of the default book. */
export function runPending(): Promise<void> {
  return defaultBook.runPending();
}

/** Runs all jobs of the default book, due or not. */
export function runAll(options?: RunAllOptions): Promise<void> {
  return defaultBook.runAll(options);
}

/** Returns the jobs of the default book, those with a tag if one is given. */
export function getJobs(tag?: string): FluentJob[] {
  return defaultBook.getJobs(tag);
}

/** Removes the jobs of the default book, those with a tag if one is given. */
export function clear(tag?: string): void {
  defaultBook.clear(tag);
}

/** Removes a job from the default book. */
export function cancelJob(job: FluentJob): void {
  defaultBook.cancelJob(job);
}

/** Returns the next run time of the default book, null without jobs. */
export function nextRun(tag?: string): Date | null {
  return defaultBook.getNextRun(tag);
}

/** Returns the seconds until the next run of the default book, null without jobs; negative when one is overdue. */
export function idleSeconds(): number | null {
  return defaultBook.idleSeconds;
}

/** Returns a decorator that adds its function to the default book. */
export function repeat(when: Every, ...args: unknown[]): <F extends JobFunction>(fn: F) => F {
  return defaultBook.repeat(when, ...args);
}
