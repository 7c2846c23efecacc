import type { ClaimRequest } from "../core/job-store.js";

/** Jobs that a claim takes of one executor; of any executor when undefined. */
export interface ClaimFilter {
  readonly executor: string | undefined;
  readonly limit: number;
  /** Any when undefined. */
  readonly tasks: readonly string[] | undefined;
}

/** Returns a filter for each executor with capacity, or one for the whole claim. */
export function claimFilters({ limit, tasks, executors }: ClaimRequest): readonly ClaimFilter[] {
  if (executors === undefined) return [{ executor: undefined, limit, tasks }];
  return executors
    .filter(({ capacity }) => capacity > 0)
    .map(({ executor, capacity, tasks: known = tasks }) => ({
      executor,
      limit: Math.min(limit, capacity),
      tasks: known,
    }));
}
