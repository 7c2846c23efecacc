import type { ApplyOptions, Signature } from "./apply-options.js";
import type { AsyncResult } from "./async-result.js";
import type { TaskDefinition } from "./definition.js";

// biome-ignore lint/suspicious/noExplicitAny: a task names the types of its own arguments
export type TaskArguments = any[];

/** Options of a call, required where the task needs arguments. */
export type CallOptions<Args extends TaskArguments> = [] extends Args
  ? [options?: OptionsOf<Args>]
  : [options: OptionsOf<Args>];

/** `kwargs` is the last argument, after all of `args`. */
type OptionsOf<Args extends TaskArguments> = number extends Args["length"]
  ? ApplyOptions
  : Omit<ApplyOptions, "args" | "kwargs"> & (ArgsOnly<Args> | ArgsAndKwargs<Required<Args>>);

type ArgsOnly<Args extends TaskArguments> = ([] extends Args
  ? { readonly args?: Readonly<Args> }
  : { readonly args: Readonly<Args> }) & {
  readonly kwargs?: never;
};

type ArgsAndKwargs<Args extends TaskArguments> = Args extends [...infer Before, infer Last]
  ? (Before extends [] ? { readonly args?: Readonly<Before> } : { readonly args: Readonly<Before> }) & {
      readonly kwargs: Last;
    }
  : never;

/** Registered task: call it to run its body here, `delay` it to have a worker run it. */
export interface Task<Args extends TaskArguments = TaskArguments, Result = unknown> {
  /** Runs the body here and now, without Redis. */
  (...args: Args): Promise<Result>;
  readonly taskName: string;
  readonly definition: TaskDefinition;
  /** Sends a call with these arguments to a worker. */
  delay(...args: Args): Promise<AsyncResult<Result>>;
  /** Sends a call to a worker, with options: when, where and how often. */
  applyAsync(...options: CallOptions<Args>): Promise<AsyncResult<Result>>;
  /** Makes a signature for `chain` and `group`; a chain puts the result before it in front of these arguments. */
  s(...args: TaskArguments): Signature<Result>;
  /** Makes an immutable signature: it runs with these arguments alone, whatever the call before returns. */
  si(...args: TaskArguments): Signature<Result>;
}
