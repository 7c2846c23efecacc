import { type ApplyOptions, checkApplyOptions, type Signature } from "./apply-options.js";

/** A call as a value, of a task that need not be registered here. */
export function signature<Result = unknown>(
  task: string,
  args: readonly unknown[] = [],
  options: Omit<ApplyOptions, "args"> = {},
): Signature<Result> {
  checkApplyOptions(options);
  return { task, args, options, set: (more) => signature(task, args, { ...options, ...more }) };
}
