import type { ClaimRequest } from "../core/job-store.js";

/** One executor's share of a claim; of any executor when it names none. */
export interface Lane {
  readonly executor: string | undefined;
  readonly limit: number;
  /** Any when undefined. */
  readonly tasks: readonly string[] | undefined;
}

/** The shares of a claim that have room: one for each executor, or one for all that is asked for. */
export function lanesOf({ limit, tasks, lanes }: ClaimRequest): readonly Lane[] {
  if (lanes === undefined) return [{ executor: undefined, limit, tasks }];
  return lanes
    .filter(({ room }) => room > 0)
    .map((lane) => ({ executor: lane.executor, limit: Math.min(limit, lane.room), tasks: lane.tasks ?? tasks }));
}
