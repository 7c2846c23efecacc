import type { JobSpec } from "../core/job-spec.js";
import type { Json } from "../core/json.js";
import type { RunContext, TaskFunction } from "../core/task.js";
import type { Job } from "../scheduler/job.js";
import type { Scheduler } from "../scheduler/scheduler.js";
import { CancelJob } from "./cancel-job.js";
import type { EveryTrigger } from "./every-trigger.js";
import type { JobFunction } from "./job-function.js";

/** Options of the job that `on` adds: its id, store, run policy … */
export type BoundOptions = Omit<JobSpec, "func" | "trigger" | "args" | "kwargs" | "tags">;

/** Job of an `every()` for a scheduler. */
export interface BoundJob {
  readonly trigger: EveryTrigger;
  /** Name of a registered task, for any store, or a function, for a store in this process. */
  readonly work: string | JobFunction;
  readonly args: readonly unknown[];
  readonly tags: readonly string[];
  readonly options: BoundOptions;
}

/** Adds the job of an `every()` to a scheduler. */
export function addToScheduler(scheduler: Scheduler, { trigger, work, args, tags, options }: BoundJob): Promise<Job> {
  const func = typeof work === "string" ? work : asTask(scheduler, work, options.store);
  const name = options.name ?? (typeof work === "string" ? work : work.name || "anonymous");
  return scheduler.addJob({ ...options, name, func, trigger, args: args as readonly Json[], tags });
}

/** Wraps the function of a job: called with its arguments alone; CancelJob removes the job. */
function asTask(scheduler: Scheduler, fn: JobFunction, store: string | undefined): TaskFunction {
  return async (context: RunContext, ...args: unknown[]) => {
    const value = await fn(...args);
    if (value !== CancelJob) return value;
    await scheduler.removeJob(context.jobId, store).catch(() => {}); // may be gone already
    return undefined;
  };
}
