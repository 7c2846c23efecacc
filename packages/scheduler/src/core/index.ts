export type {
  Backfill,
  BackfillOptions,
  ExecutionListQuery,
  PrintJobsOptions,
  RemoveExecutorOptions,
  RemoveStoreOptions,
  RunNowOptions,
  ShutdownOptions,
  StartOptions,
} from "./call-options.js";
export { type Clock, type SystemClockOptions, systemClock, type TimerSource } from "./clock.js";
export * from "./errors.js";
export * from "./events.js";
export type {
  DurationStatistics,
  Execution,
  ExecutionPage,
  ExecutionQuery,
  ExecutionState,
} from "./execution.js";
export type { Executor, ExecutorContext, Outcome, Run } from "./executor.js";
export type { JobDefaults, JobPolicy } from "./job-policy.js";
export type { Coalesce, JobRecord, Retries } from "./job-record.js";
export type { JobPatch, JobSpec } from "./job-spec.js";
export type { JobStore, SchedulerNode } from "./job-store.js";
export type { Json } from "./json.js";
export type { Logger } from "./logger.js";
export { nextRuns } from "./next-runs.js";
export type { PauseOptions } from "./pause.js";
export type { SchedulerOptions } from "./scheduler-options.js";
export type { Ack, Overlap, RunContext, TaskFunction, TaskOptions } from "./task.js";
export { threadTimers } from "./thread-timers.js";
