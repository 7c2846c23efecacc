import { pathToFileURL } from "node:url";
import { threadId, workerData } from "node:worker_threads";

/** What a thread is asked to do. */
export interface ThreadCall {
  readonly name: string;
  readonly context: object;
  readonly args: readonly unknown[];
}

type Task = (context: object, ...args: unknown[]) => unknown;
type Tasks = Readonly<Record<string, unknown>>;

/** Piscina puts its own data before ours. */
const { filename } = (Array.isArray(workerData) ? workerData[1] : workerData) as { readonly filename: string };
let loading: Promise<Tasks> | undefined;

/** Runs one task of the user's module in this thread. */
export default async function runTask({ name, context, args }: ThreadCall): Promise<unknown> {
  loading ??= import(filename.startsWith("file:") ? filename : pathToFileURL(filename).href) as Promise<Tasks>;
  return taskIn(await loading, name)({ ...context, threadId }, ...args);
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
