import type { Run } from "../core/executor.js";
import type { JobRecord } from "../core/job-record.js";
import type { RunContext, TaskFunction } from "../core/task.js";
import type { HeldInstance } from "./leased-instance.js";

/** What an active run asks of the session that holds it. */
export interface RunKeeper {
  begin(run: ActiveRun): boolean | Promise<boolean>;
}

/** One attempt under way: what the executor is given and what the task sees, in one object because there are many. */
export class ActiveRun implements Run, RunContext {
  startedAt: number | null = null;
  /** The store knows that it runs. */
  announced = false;
  /** Why it did not start, when `begin` said no. */
  skipped: "missed" | "dropped" | undefined;
  timeout: Disposable | undefined;
  onAborted: (() => void) | undefined;
  readonly threadId = 0;
  readonly executionId: string;
  readonly scheduledAt: number;
  readonly attempt: number;
  #controller: AbortController | undefined;

  constructor(
    readonly held: HeldInstance,
    readonly task: TaskFunction | undefined,
    private readonly keeper: RunKeeper,
  ) {
    this.executionId = held.run.executionId;
    this.scheduledAt = held.run.scheduledAt;
    this.attempt = held.attempt;
  }

  get context(): RunContext {
    return this;
  }

  get job(): JobRecord {
    return this.held.job;
  }

  get jobId(): string {
    return this.held.job.id;
  }

  get jobName(): string {
    return this.held.job.name;
  }

  /** Made when somebody looks: most tasks never do. */
  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    return this.#controller.signal;
  }

  get aborted(): Error | undefined {
    return this.#controller?.signal.reason;
  }

  begin(): boolean | Promise<boolean> {
    return this.keeper.begin(this);
  }

  abort(reason: Error): void {
    this.#controller ??= new AbortController();
    if (this.#controller.signal.aborted) return;
    this.#controller.abort(reason);
    this.onAborted?.();
  }
}
