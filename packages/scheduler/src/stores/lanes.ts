import type { ClaimRequest } from "../core/job-store.js";

/** Share of one executor in a claim; of any executor without a name. */
export interface Lane {
  readonly executor: string | undefined;
  readonly limit: number;
  /** Any when undefined. */
  readonly tasks: readonly string[] | undefined;
}

/** Returns the lanes with capacity: one for each executor, or one for the whole claim. */
export function lanesOf({ limit, tasks, lanes }: ClaimRequest): readonly Lane[] {
  if (lanes === undefined) return [{ executor: undefined, limit, tasks }];
  return lanes
    .filter(({ room }) => room > 0)
    .map((lane) => ({ executor: lane.executor, limit: Math.min(limit, lane.room), tasks: lane.tasks ?? tasks }));
}
