import type { Executor, Outcome, Run } from "../core/executor.js";
import { jsonValue } from "./json-value.js";

/** Runs each task at once and on the spot: for tests, and for finding out what a task does. */
export class DebugExecutor implements Executor {
  start(): void {}

  capacity(): number {
    return Number.POSITIVE_INFINITY;
  }

  async submit(run: Run): Promise<Outcome> {
    try {
      if (!(await run.begin())) return { kind: "skipped" };
      const { args, kwargs } = run.job;
      const value: unknown = await run.task!(run.context, ...args, ...(kwargs === undefined ? [] : [kwargs]));
      return { kind: "executed", value: jsonValue(value, () => {}) };
    } catch (error) {
      return { kind: "error", error };
    }
  }

  async shutdown(): Promise<void> {}
}
