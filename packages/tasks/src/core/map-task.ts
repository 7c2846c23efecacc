import type { Signature } from "./apply-options.js";
import { signature } from "./signature.js";
import { NotRegisteredError } from "./task-errors.js";
import type { RegisteredTask, TaskRegistry } from "./task-registry.js";

const MAP = "celery.map";
const STARMAP = "celery.starmap";

/** Call of a task for each item, as it is sent. */
interface MapCall {
  readonly task: { readonly task: string; readonly args?: readonly unknown[]; readonly kwargs?: object };
  readonly it: readonly unknown[];
}

/**
 * Makes one call that runs a task for each item, one after the other, and returns the list of results.
 *
 * @example
 * ```ts
 * import { map, TaskApp } from "@headline/tasks";
 *
 * const app = new TaskApp({ broker: "redis://127.0.0.1:6379" });
 * const square = app.task("square", (value: number) => value ** 2);
 * await app.worker().start();
 * const { task, options } = map(square.s(), [1, 2, 3]);
 * const result = await app.sendTask(task, options);
 * console.log(await result.get({ timeoutMs: 5_000 })); // [ 1, 4, 9 ]
 * await app.close();
 * ```
 */
export function map(task: Signature, items: readonly unknown[]): Signature<unknown[]> {
  return mapping(MAP, task, items);
}

/** Makes one call as `map` does, of which each item is the list of a call's arguments. */
export function starmap(task: Signature, items: readonly (readonly unknown[])[]): Signature<unknown[]> {
  return mapping(STARMAP, task, items);
}

/** Makes calls of `starmap` with `size` items each, at most: the members of a group. */
export function chunks(
  task: Signature,
  items: readonly (readonly unknown[])[],
  size: number,
): readonly Signature<unknown[]>[] {
  if (!(Number.isSafeInteger(size) && size >= 1))
    throw new TypeError(`size: must be a whole number from 1, is ${size}`);
  const starts = Array.from({ length: Math.ceil(items.length / size) }, (_, chunk) => chunk * size);
  return starts.map((start) => starmap(task, items.slice(start, start + size)));
}

/** Tasks that every worker has: those behind `map` and `starmap`, by Celery's names. */
export function mapTasks(tasks: TaskRegistry): readonly RegisteredTask[] {
  return [
    { name: MAP, definition: {}, body: (self, [call]) => mapped(tasks, self, call as MapCall, (item) => [item]) },
    {
      name: STARMAP,
      definition: {},
      body: (self, [call]) => mapped(tasks, self, call as MapCall, (item) => item as readonly unknown[]),
    },
  ];
}

/** Returns the name of the task that such a call runs, by which it is routed; undefined for other calls. */
export function mappedTask(task: string, kwargs: unknown): string | undefined {
  if (task !== MAP && task !== STARMAP) return undefined;
  return (kwargs as Partial<MapCall> | undefined)?.task?.task;
}

function mapping(name: string, { task, args, options }: Signature, items: readonly unknown[]): Signature<unknown[]> {
  const { kwargs = {}, ...rest } = options;
  const called = { task, args, kwargs, options: {}, subtask_type: null, immutable: false };
  return signature(name, [], { ...rest, kwargs: { task: called, it: items } });
}

async function mapped(
  tasks: TaskRegistry,
  self: Parameters<RegisteredTask["body"]>[0],
  { task: { task: name, args = [], kwargs = {} }, it }: MapCall,
  argumentsOf: (item: unknown) => readonly unknown[],
): Promise<unknown[]> {
  const task = tasks.get(name);
  if (task === undefined) throw new NotRegisteredError(name);
  const results: unknown[] = [];
  for (const item of it) {
    self.signal.throwIfAborted();
    const last = Object.keys(kwargs).length === 0 ? [] : [kwargs];
    results.push(await task.body(self, [...argumentsOf(item), ...args, ...last]));
  }
  return results;
}
