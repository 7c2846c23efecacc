/**
 * Return value of a function that ends its job.
 *
 * @example
 * ```ts
 * import { CancelJob, ScheduleBook } from "@headline/scheduler";
 *
 * const book = new ScheduleBook();
 * book.every().second.do(() => CancelJob);
 * await book.runAll();
 * console.log(book.jobs.length); // 0
 * ```
 */
export const CancelJob: unique symbol = Symbol.for("@headline/scheduler/CancelJob");
