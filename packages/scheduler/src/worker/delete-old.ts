import type { ExecutionLog } from "../core/job-store.js";

/** What a store removes in one call. */
const BATCH = 1_000;

/** Removes finished executions submitted before `beforeMs`, batch by batch while `goesOn` says so; answers how many. */
export async function deleteOld(
  executions: Pick<ExecutionLog, "deleteBefore">,
  beforeMs: number,
  goesOn: () => boolean = () => true,
): Promise<number> {
  let removed = 0;
  while (goesOn()) {
    const count = await executions.deleteBefore(beforeMs, BATCH);
    removed += count;
    if (count < BATCH) break;
  }
  return removed;
}
