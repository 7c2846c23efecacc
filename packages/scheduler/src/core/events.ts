import { describeThrown, isA } from "./describe-thrown.js";
import type { Json } from "./json.js";

/** APScheduler 3's event codes. */
export const EVENT_SCHEDULER_STARTED = 2 ** 0;
/** Code of `scheduler:started`, by its older name. */
export const EVENT_SCHEDULER_START = EVENT_SCHEDULER_STARTED;
/** Code of `scheduler:shutdown`. */
export const EVENT_SCHEDULER_SHUTDOWN = 2 ** 1;
/** Code of `scheduler:paused`. */
export const EVENT_SCHEDULER_PAUSED = 2 ** 2;
/** Code of `scheduler:resumed`. */
export const EVENT_SCHEDULER_RESUMED = 2 ** 3;
/** Code of `executor:added`. */
export const EVENT_EXECUTOR_ADDED = 2 ** 4;
/** Code of `executor:removed`. */
export const EVENT_EXECUTOR_REMOVED = 2 ** 5;
/** Code of `store:added`. */
export const EVENT_JOBSTORE_ADDED = 2 ** 6;
/** Code of `store:removed`. */
export const EVENT_JOBSTORE_REMOVED = 2 ** 7;
/** Code of `jobs:removed`. */
export const EVENT_ALL_JOBS_REMOVED = 2 ** 8;
/** Code of `job:added`. */
export const EVENT_JOB_ADDED = 2 ** 9;
/** Code of `job:removed`. */
export const EVENT_JOB_REMOVED = 2 ** 10;
/** Code of `job:modified`. */
export const EVENT_JOB_MODIFIED = 2 ** 11;
/** Code of `job:executed`. */
export const EVENT_JOB_EXECUTED = 2 ** 12;
/** Code of `job:error`. */
export const EVENT_JOB_ERROR = 2 ** 13;
/** Code of `job:missed`. */
export const EVENT_JOB_MISSED = 2 ** 14;
/** Code of `job:submitted`. */
export const EVENT_JOB_SUBMITTED = 2 ** 15;
/** Code of `job:maxInstances`. */
export const EVENT_JOB_MAX_INSTANCES = 2 ** 16;
/** Codes of all events, for a mask. */
export const EVENT_ALL = 2 ** 17 - 1;

/** Event about a job. */
export interface JobEvent {
  readonly jobId: string;
  readonly store: string;
}

/** Something that happened to one execution. */
export interface ExecutionEvent extends JobEvent {
  readonly executionId: string;
  readonly scheduledAt: number;
  readonly attempt: number;
}

/** The typed events by name. */
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
  /** Its trigger names no further run, or `runs` of its runs have started and that is its `maxRuns`. */
  "job:ended": JobEvent & { readonly reason: "trigger" | "maxRuns"; readonly runs?: number };
  /** Handed to its executor, with every run time it stands for. */
  "job:submitted": JobEvent & { readonly scheduledRunTimes: readonly number[] };
  "job:maxInstances": JobEvent & { readonly scheduledRunTimes: readonly number[] };
  /** It is due, and no live scheduler has its task or its executor. */
  "job:orphaned": JobEvent & { readonly missing: "task" | "executor"; readonly name: string };
  /** It found no place and waits for one. */
  "job:queued": ExecutionEvent;
  /** The task is about to be called. */
  "job:started": ExecutionEvent;
  "job:executed": ExecutionEvent & { readonly value: Json | undefined; readonly durationMs: number };
  "job:error": ExecutionEvent & { readonly error: unknown; readonly durationMs: number | null };
  /** `skipped` counts run times of a backlog too long to keep, this one being the first of them. */
  "job:missed": ExecutionEvent & { readonly skipped?: number };
  /** It failed and will be tried again at `retryAt`. */
  "job:retry": ExecutionEvent & { readonly error: unknown; readonly retryAt: number };
  "job:cancelled": ExecutionEvent;
  /** Its scheduler died, or lost its lease and so may not say how it ended. */
  "job:lost": ExecutionEvent;
}

/** Name of an event. */
export type SchedulerEventName = keyof SchedulerEvents;
/** Function that receives an event. */
export type Listener<Name extends SchedulerEventName> = (event: SchedulerEvents[Name]) => void;

/** What listeners with a mask get: APScheduler's event objects. */
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

/** Listeners by event name, and listeners by mask. One that throws is told to `onError` and harms nobody else. */
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

  /** Ask before an event is made: most have no listener, and the hot path makes four for each run. */
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
      const answer = listener(event);
      if (answer instanceof Promise) answer.catch(this.onError);
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
