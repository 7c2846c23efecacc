import type { JobRecord } from "../core/job-record.js";
import type { ExecutionRow } from "./memory-rows.js";

/** A run that waits for a place among the instances of its job. */
export interface WaitingRun {
  readonly instanceId: string;
  /** As it will run. */
  readonly job: JobRecord;
  readonly row: ExecutionRow;
  /** It starts also while its job has no next run. */
  readonly needsNoNextRun: boolean;
}

/** Waiting runs, one for each job, the longest wait first. */
export class MemoryWaiting implements Iterable<WaitingRun> {
  readonly #byJob = new Map<string, WaitingRun>();

  get size(): number {
    return this.#byJob.size;
  }

  of(jobId: string): WaitingRun | undefined {
    return this.#byJob.get(jobId);
  }

  put(waiting: WaitingRun): void {
    this.#byJob.set(waiting.job.id, waiting);
  }

  /** The run of that job, which waits no more. */
  take(jobId: string): WaitingRun | undefined {
    const waiting = this.#byJob.get(jobId);
    this.#byJob.delete(jobId);
    return waiting;
  }

  [Symbol.iterator](): Iterator<WaitingRun> {
    return this.#byJob.values();
  }
}
