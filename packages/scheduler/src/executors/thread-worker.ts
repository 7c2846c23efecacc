import { pathToFileURL } from "node:url";
import { threadId, workerData } from "node:worker_threads";
import { describeThrown } from "../core/describe-thrown.js";
import type { Json } from "../core/json.js";
import { jsonValue } from "./json-value.js";
import type { RemoteError } from "./remote-error.js";

/** Request to a thread. */
export interface ThreadCall {
  readonly name: string;
  readonly context: object;
  readonly args: readonly unknown[];
}

/** Reply of a thread, which can be cloned whatever the task returns or throws. */
export type ThreadAnswer =
  | { readonly kind: "executed"; readonly value: Json | undefined; readonly isLossy: boolean }
  | { readonly kind: "error"; readonly error: RemoteError };

type Task = (context: object, ...args: unknown[]) => unknown;
type Tasks = Readonly<Record<string, unknown>>;

/** Worker data; piscina puts its own before it. */
const { filename } = (Array.isArray(workerData) ? workerData[1] : workerData) as { readonly filename: string };
let loading: Promise<Tasks> | undefined;

/** Runs a task of the user's module in this thread. */
export default async function runTask({ name, context, args }: ThreadCall): Promise<ThreadAnswer> {
  try {
    loading ??= import(filename.startsWith("file:") ? filename : pathToFileURL(filename).href) as Promise<Tasks>;
    const returned: unknown = await taskIn(await loading, name)({ ...context, threadId }, ...args);
    let isLossy = false;
    const value = jsonValue(returned, () => {
      isLossy = true;
    });
    return { kind: "executed", value, isLossy };
  } catch (thrown) {
    return { kind: "error", error: describeThrown(thrown) };
  }
}

function taskIn(module: Tasks, name: string): Task {
  const fallback = module["default"];
  const members = typeof fallback === "object" && fallback !== null ? (fallback as Tasks) : {};
  for (const tasks of [module, members]) {
    if (name !== "default" && Object.hasOwn(tasks, name) && typeof tasks[name] === "function")
      return tasks[name] as Task;
  }
  if (typeof fallback === "function") return fallback as Task;
  throw new Error(`func: ${filename} exports no task "${name}"`);
}
