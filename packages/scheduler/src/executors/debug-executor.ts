import type { Executor, ExecutorContext, Outcome, Run } from "../core/executor.js";
import { checkKnown } from "../core/known-options.js";
import { jsonValue } from "./json-value.js";

/**
 * Runs each task at once, in the caller's turn: for tests and debugging.
 *
 * @example
 * ```ts
 * import { DebugExecutor, Scheduler } from "@headline/scheduler";
 *
 * const scheduler = new Scheduler({ executors: { default: new DebugExecutor() } });
 * console.log(scheduler.state); // stopped
 * ```
 */
export class DebugExecutor implements Executor {
  #context: ExecutorContext | undefined;

  /** Takes no options. */
  constructor(options: object = {}) {
    checkKnown<object>(options, {}, "DebugExecutor");
  }

  start(context: ExecutorContext): void {
    this.#context = context;
  }

  capacity(): number {
    return Number.POSITIVE_INFINITY;
  }

  async submit(run: Run): Promise<Outcome> {
    try {
      if (!(await run.begin())) return { kind: "skipped" };
      const { args, kwargs, name } = run.job;
      const value: unknown = await run.task!(run.context, ...args, ...(kwargs === undefined ? [] : [kwargs]));
      const warn = () => this.#context?.logger.warn(`The result of job "${name}" cannot be kept: it is not JSON`);
      return { kind: "executed", value: jsonValue(value, warn) };
    } catch (error) {
      return { kind: "error", error };
    }
  }

  async shutdown(): Promise<void> {}
}
