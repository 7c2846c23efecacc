import type { Every } from "./every.js";
import type { FluentJob, JobFunction } from "./fluent-job.js";
import { type RunAllOptions, ScheduleBook } from "./schedule-book.js";

/** Book of the functions below, with the machine's clock and time zone. */
export const defaultBook = new ScheduleBook();

export function every(interval?: number): Every {
  return defaultBook.every(interval);
}

export function runPending(): Promise<void> {
  return defaultBook.runPending();
}

export function runAll(options?: RunAllOptions): Promise<void> {
  return defaultBook.runAll(options);
}

export function getJobs(tag?: string): FluentJob[] {
  return defaultBook.getJobs(tag);
}

export function clear(tag?: string): void {
  defaultBook.clear(tag);
}

export function cancelJob(job: FluentJob): void {
  defaultBook.cancelJob(job);
}

export function nextRun(tag?: string): Date | null {
  return defaultBook.getNextRun(tag);
}

export function idleSeconds(): number | null {
  return defaultBook.idleSeconds;
}

export function repeat(when: Every, ...args: unknown[]): <F extends JobFunction>(fn: F) => F {
  return defaultBook.repeat(when, ...args);
}
