import { type ApplyOptions, checkApplyOptions, type Signature } from "./apply-options.js";

/**
 * Makes a call as a value, of a task that need not be registered here.
 *
 * @example
 * ```ts
 * import { chain, signature } from "@headline/tasks";
 *
 * const resize = chain(signature("download", ["https://example.org/a.png"]), signature("resize", [640]));
 * console.log(resize.links.map(({ task }) => task)); // [ 'download', 'resize' ]
 * ```
 */
export function signature<Result = unknown>(
  task: string,
  args: readonly unknown[] = [],
  options: Omit<ApplyOptions, "args"> = {},
): Signature<Result> {
  checkApplyOptions(options);
  return { task, args, options, set: (more) => signature(task, args, { ...options, ...more }) };
}
