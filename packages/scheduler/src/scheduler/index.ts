export type { DeclaredJobs, DeclaredSpec, DeclareOptions } from "./declarations.js";
export { Job } from "./job.js";
export type { JobList, JobListQuery } from "./jobs.js";
export { Scheduled, type ScheduledSpec, scheduleMethods } from "./scheduled.js";
export { type Orphan, Scheduler, type SchedulerState } from "./scheduler.js";
