import type { DashboardScheduler } from "../dashboard-scheduler.js";
import { InputProblem } from "../http/problem.js";

/** Returns the store of a query, or all. */
export function chosenStores(scheduler: DashboardScheduler, store: string | undefined): readonly string[] {
  if (store === undefined) return [...scheduler.stores.keys()];
  if (!scheduler.stores.has(store)) throw new InputProblem("store", `there is no job store "${store}"`);
  return [store];
}

/** Reads the store's clock, by which jobs are due; that of this machine when the store does not answer. */
export async function storeNow(scheduler: DashboardScheduler, store: string): Promise<number> {
  if (scheduler.state === "stopped") return scheduler.clock.now();
  try {
    return (await scheduler.stores.get(store)?.now()) ?? scheduler.clock.now();
  } catch {
    return scheduler.clock.now(); // the next read reports why the store does not answer
  }
}

export async function storeClocks(
  scheduler: DashboardScheduler,
  stores: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  return new Map(await Promise.all(stores.map(async (store) => [store, await storeNow(scheduler, store)] as const)));
}
