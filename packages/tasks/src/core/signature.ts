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
  return made(task, args, options, false);
}

function made<Result>(
  task: string,
  args: readonly unknown[],
  options: Omit<ApplyOptions, "args">,
  isImmutable: boolean,
): Signature<Result> {
  return {
    ...{ task, args, options, isImmutable },
    immutable: () => made(task, args, options, true),
    set: (more) => {
      checkApplyOptions(more);
      return made(task, args, { ...options, ...more }, isImmutable);
    },
  };
}
