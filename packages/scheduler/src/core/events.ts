import { describeThrown, isA } from "./describe-thrown.js";
import type { Json } from "./json.js";

/** APScheduler's code of the start of the scheduler. */
export const EVENT_SCHEDULER_STARTED = 2 ** 0;
/** Older name of EVENT_SCHEDULER_STARTED. */
export const EVENT_SCHEDULER_START = EVENT_SCHEDULER_STARTED;
/** APScheduler's code of the end of a shutdown. */
export const EVENT_SCHEDULER_SHUTDOWN = 2 ** 1;
/** APScheduler's code of a pause of the scheduler. */
export const EVENT_SCHEDULER_PAUSED = 2 ** 2;
/** APScheduler's code of the end of a pause. */
export const EVENT_SCHEDULER_RESUMED = 2 ** 3;
/** APScheduler's code of an added executor. */
export const EVENT_EXECUTOR_ADDED = 2 ** 4;
/** APScheduler's code of a removed executor. */
export const EVENT_EXECUTOR_REMOVED = 2 ** 5;
/** APScheduler's code of an added store. */
export const EVENT_JOBSTORE_ADDED = 2 ** 6;
/** APScheduler's code of a removed store. */
export const EVENT_JOBSTORE_REMOVED = 2 ** 7;
/** APScheduler's code of the removal of all jobs. */
export const EVENT_ALL_JOBS_REMOVED = 2 ** 8;
/** APScheduler's code of an added job. */
export const EVENT_JOB_ADDED = 2 ** 9;
/** APScheduler's code of a removed job. */
export const EVENT_JOB_REMOVED = 2 ** 10;
/** APScheduler's code of a changed job. */
export const EVENT_JOB_MODIFIED = 2 ** 11;
/** APScheduler's code of a run that succeeded. */
export const EVENT_JOB_EXECUTED = 2 ** 12;
/** APScheduler's code of a run that failed. */
export const EVENT_JOB_ERROR = 2 ** 13;
/** APScheduler's code of a missed run. */
export const EVENT_JOB_MISSED = 2 ** 14;
/** APScheduler's code of a run that was submitted to its executor. */
export const EVENT_JOB_SUBMITTED = 2 ** 15;
/** APScheduler's code of a run skipped because of `maxInstances`. */
export const EVENT_JOB_MAX_INSTANCES = 2 ** 16;
/** Mask of all events. */
export const EVENT_ALL = 2 ** 17 - 1;

/** Event of a job. */
export interface JobEvent {
  readonly jobId: string;
  readonly store: string;
}

/** Event of one execution. */
export interface ExecutionEvent extends JobEvent {
  readonly executionId: string;
  readonly scheduledAt: number;
  readonly attempt: number;
}

/**
 * Typed events by name.
 *
 * @example
 * ```ts
 * import { Scheduler, type SchedulerEvents } from "@headline/scheduler";
 *
 * const scheduler = new Scheduler();
 * const onError = ({ jobId, error }: SchedulerEvents["job:error"]) => console.error(jobId, error);
 * scheduler.on("job:error", onError).on("job:missed", ({ jobId, scheduledAt }) => console.warn(jobId, scheduledAt));
 * scheduler.off("job:error", onError);
 * ```
 */
export interface SchedulerEvents {
  "scheduler:started": object;
  "scheduler:shutdown": object;
  "scheduler:paused": object;
  "scheduler:resumed": object;
  "executor:added": { readonly alias: string };
  "executor:removed": { readonly alias: string };
  "store:added": { readonly alias: string };
  "store:removed": { readonly alias: string };
  "jobs:removed": { readonly store: string | undefined };
  "job:added": JobEvent;
  "job:removed": JobEvent;
  "job:modified": JobEvent;
  /** The trigger has no further run, or the job has reached its `maxRuns` with `runs`. */
  "job:ended": JobEvent & { readonly reason: "trigger" | "maxRuns"; readonly runs?: number };
  /** Submitted to the executor, with every run time that it stands for. */
  "job:submitted": JobEvent & { readonly scheduledRunTimes: readonly number[] };
  "job:maxInstances": JobEvent & { readonly scheduledRunTimes: readonly number[] };
  /** The job is due, and no live scheduler has its task or its executor. */
  "job:orphaned": JobEvent & { readonly missing: "task" | "executor"; readonly name: string };
  /** The run waits for a free slot of its job. */
  "job:queued": ExecutionEvent;
  /** The task is about to be called. */
  "job:started": ExecutionEvent;
  "job:executed": ExecutionEvent & { readonly value: Json | undefined; readonly durationMs: number };
  "job:error": ExecutionEvent & { readonly error: unknown; readonly durationMs: number | null };
  /** The run was missed; `skipped` is the number of run times dropped from a long backlog, beginning with this. */
  "job:missed": ExecutionEvent & { readonly skipped?: number };
  /** The run failed and will be tried again at `retryAt`. */
  "job:retry": ExecutionEvent & { readonly error: unknown; readonly retryAt: number };
  "job:cancelled": ExecutionEvent;
  /** The scheduler of the run died, or lost its lease and could not record the end. */
  "job:lost": ExecutionEvent;
}

/** Name of an event. */
export type SchedulerEventName = keyof SchedulerEvents;
/** Listener of one event. */
export type Listener<Name extends SchedulerEventName> = (event: SchedulerEvents[Name]) => void;

/** Event of listeners with a mask: APScheduler's event objects. */
export interface CodedEvent {
  readonly code: number;
  readonly alias?: string | undefined;
  readonly jobId?: string;
  readonly jobstore?: string | undefined;
  readonly scheduledRunTime?: Date;
  readonly scheduledRunTimes?: readonly Date[];
  readonly retval?: Json | undefined;
  readonly exception?: unknown;
  readonly traceback?: string | undefined;
}

const CODES: Partial<Record<SchedulerEventName, number>> = {
  "scheduler:started": EVENT_SCHEDULER_STARTED,
  "scheduler:shutdown": EVENT_SCHEDULER_SHUTDOWN,
  "scheduler:paused": EVENT_SCHEDULER_PAUSED,
  "scheduler:resumed": EVENT_SCHEDULER_RESUMED,
  "executor:added": EVENT_EXECUTOR_ADDED,
  "executor:removed": EVENT_EXECUTOR_REMOVED,
  "store:added": EVENT_JOBSTORE_ADDED,
  "store:removed": EVENT_JOBSTORE_REMOVED,
  "jobs:removed": EVENT_ALL_JOBS_REMOVED,
  "job:added": EVENT_JOB_ADDED,
  "job:removed": EVENT_JOB_REMOVED,
  "job:modified": EVENT_JOB_MODIFIED,
  "job:executed": EVENT_JOB_EXECUTED,
  "job:error": EVENT_JOB_ERROR,
  "job:missed": EVENT_JOB_MISSED,
  "job:submitted": EVENT_JOB_SUBMITTED,
  "job:maxInstances": EVENT_JOB_MAX_INSTANCES,
};

/** Listeners by event name and by mask. `onError` receives what a listener throws; the other listeners are called all the same. */
export class Events {
  readonly #named = new Map<SchedulerEventName, ((event: never) => void)[]>();
  readonly #masked: { readonly callback: (event: CodedEvent) => void; readonly mask: number }[] = [];

  constructor(private readonly onError: (error: unknown) => void) {}

  on<Name extends SchedulerEventName>(name: Name, listener: Listener<Name>): void {
    this.#named.set(name, [...(this.#named.get(name) ?? []), listener]);
  }

  off<Name extends SchedulerEventName>(name: Name, listener: Listener<Name>): void {
    const left = (this.#named.get(name) ?? []).filter((other) => other !== listener);
    if (left.length === 0) this.#named.delete(name);
    else this.#named.set(name, left);
  }

  addMasked(callback: (event: CodedEvent) => void, mask: number): void {
    this.#masked.push({ callback, mask });
  }

  removeMasked(callback: (event: CodedEvent) => void): void {
    const index = this.#masked.findIndex((entry) => entry.callback === callback);
    if (index >= 0) this.#masked.splice(index, 1);
  }

  /** True when an event has listeners: most have none, and the hot path would create four objects for each run. */
  wants(name: SchedulerEventName): boolean {
    return this.#masked.length > 0 || this.#named.has(name);
  }

  emit<Name extends SchedulerEventName>(name: Name, event: SchedulerEvents[Name]): void {
    for (const listener of this.#named.get(name) ?? []) this.#call(listener as Listener<Name>, event);
    if (this.#masked.length === 0) return;
    const code = CODES[name];
    if (code === undefined) return;
    const coded = codedEvent(code, event);
    for (const { callback, mask } of [...this.#masked]) if (mask & code) this.#call(callback, coded);
  }

  #call<T>(listener: (event: T) => unknown, event: T): void {
    try {
      const returned = listener(event);
      if (returned instanceof Promise) returned.catch(this.onError);
    } catch (error) {
      this.onError(error);
    }
  }
}

function codedEvent(code: number, event: object): CodedEvent {
  const { alias, jobId, store, scheduledAt, scheduledRunTimes, value, error } = event as {
    alias?: string;
    jobId?: string;
    store?: string;
    scheduledAt?: number;
    scheduledRunTimes?: readonly number[];
    value?: Json;
    error?: unknown;
  };
  return {
    code,
    ...(alias !== undefined || code === EVENT_ALL_JOBS_REMOVED ? { alias: alias ?? store } : {}),
    ...(jobId !== undefined ? { jobId, jobstore: store } : {}),
    ...(scheduledAt !== undefined ? { scheduledRunTime: new Date(scheduledAt) } : {}),
    ...(scheduledRunTimes !== undefined ? { scheduledRunTimes: scheduledRunTimes.map((at) => new Date(at)) } : {}),
    ...(code === EVENT_JOB_EXECUTED ? { retval: value } : {}),
    ...(code === EVENT_JOB_ERROR
      ? { exception: error, traceback: isA(error, Error) ? describeThrown(error).stack : undefined }
      : {}),
  };
}
