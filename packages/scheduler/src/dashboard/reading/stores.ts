import type { DashboardScheduler } from "../dashboard-scheduler.js";
import { InputProblem } from "../http/problem.js";

/** The store asked for, or all. */
export function chosenStores(scheduler: DashboardScheduler, store: string | undefined): readonly string[] {
  if (store === undefined) return [...scheduler.stores.keys()];
  if (!scheduler.stores.has(store)) throw new InputProblem("store", `there is no job store "${store}"`);
  return [store];
}

/** The store's own clock, which judges what is due; this machine's when the store does not answer. */
export async function storeNow(scheduler: DashboardScheduler, store: string): Promise<number> {
  if (scheduler.state === "stopped") return scheduler.clock.now();
  try {
    return (await scheduler.stores.get(store)?.now()) ?? scheduler.clock.now();
  } catch {
    return scheduler.clock.now(); // whoever reads the store next says why it does not answer
  }
}

export async function storeClocks(
  scheduler: DashboardScheduler,
  stores: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  return new Map(await Promise.all(stores.map(async (store) => [store, await storeNow(scheduler, store)] as const)));
}
