import type { Run } from "../core/executor.js";
import type { JobRecord } from "../core/job-record.js";
import type { RunContext, TaskFunction } from "../core/task.js";
import type { LeasedInstance } from "./leased-instance.js";

/** Decision, as a run leaves its executor's queue, whether it may start. */
export interface RunGate {
  begin(run: ActiveRun): boolean | Promise<boolean>;
}

/** One attempt under way: the executor's Run and the task's context in one object, because there are many. */
export class ActiveRun implements Run, RunContext {
  startedAt: number | null = null;
  /** True once the store knows that it runs. */
  isReported = false;
  /** Reason for which `begin` refused it. */
  skipped: "missed" | "dropped" | undefined;
  timeout: Disposable | undefined;
  onAborted: (() => void) | undefined;
  readonly threadId = 0;
  readonly executionId: string;
  readonly scheduledAt: number;
  readonly attempt: number;
  #controller: AbortController | undefined;

  constructor(
    readonly instance: LeasedInstance,
    readonly task: TaskFunction | undefined,
    private readonly gate: RunGate,
  ) {
    this.executionId = instance.run.executionId;
    this.scheduledAt = instance.run.scheduledAt;
    this.attempt = instance.attempt;
  }

  get context(): RunContext {
    return this;
  }

  get job(): JobRecord {
    return this.instance.job;
  }

  get jobId(): string {
    return this.instance.job.id;
  }

  get jobName(): string {
    return this.instance.job.name;
  }

  /** Created on first use: most tasks never read it. */
  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    return this.#controller.signal;
  }

  get aborted(): Error | undefined {
    return this.#controller?.signal.reason;
  }

  begin(): boolean | Promise<boolean> {
    return this.gate.begin(this);
  }

  abort(reason: Error): void {
    this.#controller ??= new AbortController();
    if (this.#controller.signal.aborted) return;
    this.#controller.abort(reason);
    this.onAborted?.();
  }
}
