export type { BoundOptions } from "./bound.js";
export { CancelJob } from "./cancel-job.js";
export {
  cancelJob,
  clear,
  defaultBook,
  every,
  getJobs,
  idleSeconds,
  nextRun,
  repeat,
  runAll,
  runPending,
} from "./default-book.js";
export { IntervalError, ScheduleError, ScheduleValueError } from "./errors.js";
export { type BoundEvery, Every } from "./every.js";
export { type EveryOptions, EveryTrigger } from "./every-trigger.js";
export { FluentJob } from "./fluent-job.js";
export type { JobFunction } from "./job-function.js";
export { type RunAllOptions, ScheduleBook, type ScheduleBookOptions } from "./schedule-book.js";
export type { Unit, Weekday } from "./units.js";
export type { UntilInput } from "./until.js";
