export type { Backfill, BackfillOptions } from "../scheduler/backfill.js";
export type { DeclaredJobs, DeclaredSpec, DeclareOptions } from "../scheduler/declarations.js";
export { Job, type PauseOptions, type RunNowOptions } from "../scheduler/job.js";
export type { JobList, JobListQuery } from "../scheduler/job-finder.js";
export { Scheduled, type ScheduledSpec, scheduleMethods } from "../scheduler/scheduled.js";
export { Scheduler, type SchedulerState } from "../scheduler/scheduler.js";
export type {
  ExecutionListQuery,
  PrintJobsOptions,
  RemoveExecutorOptions,
  RemoveStoreOptions,
  ShutdownOptions,
  StartOptions,
} from "./call-options.js";
export type { TimerSource } from "./clock.js";
export { type Clock, type SystemClockOptions, systemClock } from "./clock.js";
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
export type { Ack, Coalesce, JobRecord, Overlap, Retries } from "./job-record.js";
export type { JobDefaults, JobPatch, JobPolicy, JobSpec } from "./job-spec.js";
export type { JobStore, SchedulerNode } from "./job-store.js";
export type { Json } from "./json.js";
export type { Logger } from "./logger.js";
export type { SchedulerOptions } from "./scheduler-options.js";
export type { RunContext, TaskFunction, TaskOptions } from "./task.js";
export { threadTimers } from "./thread-timers.js";
