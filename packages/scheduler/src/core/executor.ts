import type { JobRecord } from "./job-record.js";
import type { Json } from "./json.js";
import type { Logger } from "./logger.js";
import type { RunContext, TaskFunction } from "./task.js";

/** One attempt of one execution, ready to start. */
export interface Run {
  readonly context: RunContext;
  readonly job: JobRecord;
  /** Function of the task; undefined when this process does not know it: remote executors need only its name. */
  readonly task: TaskFunction | undefined;
  /**
   * Called by the executor when the run leaves its queue, just before it starts. Returns false when it must not start: it is
   * too late (a misfire), its lease is lost, or it was cancelled. The executor then settles with `{ kind: "skipped" }`.
   */
  begin(): boolean | Promise<boolean>;
  /** Set by an executor that must react to the abort of the context's signal, so that not every run creates one. */
  onAborted?: (() => void) | undefined;
}

/** Result of a run. Executors never reject: an error of the task is an outcome. */
export type Outcome =
  | { readonly kind: "executed"; readonly value: Json | undefined }
  | { readonly kind: "error"; readonly error: unknown }
  | { readonly kind: "skipped" };

/**
 * Executes runs: in this process, in threads, or in other processes.
 *
 * @example
 * ```ts
 * import { type Executor, type Json, type Outcome, type Run, Scheduler } from "@headline/scheduler";
 *
 * class InlineExecutor implements Executor {
 *   start() {}
 *   async submit(run: Run): Promise<Outcome> {
 *     if (!(await run.begin())) return { kind: "skipped" };
 *     try {
 *       return { kind: "executed", value: (await run.task?.(run.context, ...run.job.args)) as Json };
 *     } catch (error) {
 *       return { kind: "error", error };
 *     }
 *   }
 *   capacity() {
 *     return 1;
 *   }
 *   async shutdown() {}
 * }
 * console.log(new Scheduler({ executors: { inline: new InlineExecutor() } }).state); // stopped
 * ```
 */
export interface Executor {
  start(context: ExecutorContext): void | Promise<void>;
  submit(run: Run): Promise<Outcome>;
  /** Number of runs that it accepts now; the scheduler claims no more than that. */
  capacity(): number;
  /** Resolves when nothing runs any more; without `wait` queued runs are dropped. The scheduler aborts the signals of running ones. */
  shutdown(options: { wait: boolean }): Promise<void>;
  /** Called when capacity is available again after it was 0. */
  onCapacity?: (() => void) | undefined;
  /** True when other processes run the tasks, so that the scheduler need not know them. */
  readonly remote?: boolean;
}

/** Services of the scheduler for an executor. */
export interface ExecutorContext {
  readonly alias: string;
  readonly logger: Logger;
  /** Returns the function of a task that is registered in this process. */
  readonly task: (name: string) => TaskFunction | undefined;
}
