import type { Executor } from "../executor.js";

/** How many more runs the roomiest executor takes. */
export function mostRoom(executors: Iterable<Executor>): number {
  let most = 0;
  for (const executor of executors) most = Math.max(most, executor.capacity());
  return most;
}
