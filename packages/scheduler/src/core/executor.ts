import type { JobRecord } from "./job-record.js";
import type { Json } from "./json.js";
import type { Logger } from "./logger.js";
import type { RunContext, TaskFunction } from "./task.js";

/** One attempt at one execution, ready to start. */
export interface Run {
  readonly context: RunContext;
  readonly job: JobRecord;
  /** The task, when this process knows it; executors that run elsewhere need only its name. */
  readonly task: TaskFunction | undefined;
  /**
   * Called when the run leaves the queue, just before it starts. Answers false when it must not start: it is too late
   * (a misfire), its lease is gone, or it was cancelled. The executor then settles with `{ kind: "skipped" }`.
   */
  begin(): boolean | Promise<boolean>;
  /** Set by the executor to hear that the context's signal was aborted, without making every run have a signal. */
  onAborted?: (() => void) | undefined;
}

/** How a run ended. Executors never reject: what the task threw is an outcome. */
export type Outcome =
  | { readonly kind: "executed"; readonly value: Json | undefined }
  | { readonly kind: "error"; readonly error: unknown }
  | { readonly kind: "skipped" };

/** Where runs run. */
export interface Executor {
  start(context: ExecutorContext): void | Promise<void>;
  submit(run: Run): Promise<Outcome>;
  /** How many more runs it takes now; the scheduler claims no more than that and leaves the rest to others. */
  capacity(): number;
  /** Resolves when nothing runs any more; without `wait` it gives up what is queued and aborts nothing itself (the scheduler aborts the signals). */
  shutdown(options: { wait: boolean }): Promise<void>;
  /** Called when capacity comes back after having been 0. */
  onCapacity?: (() => void) | undefined;
  /** True when another process runs it: the scheduler then need not know the task. */
  readonly remote?: boolean;
}

/** Scheduler as an executor sees it. */
export interface ExecutorContext {
  readonly alias: string;
  readonly logger: Logger;
  /** The task of that name, when it is registered here. */
  readonly task: (name: string) => TaskFunction | undefined;
}
