import { JobSpecError } from "./errors.js";
import type { JobRecord } from "./job-record.js";
import type { DispatchRequest, DispatchResult } from "./job-store.js";

type Counted = Pick<JobRecord, "maxRuns" | "runCount">;

/** True for a job with a reached `maxRuns`, which stays in its store without a next run. */
export function hasReachedLimit({ maxRuns, runCount = 0 }: Counted): boolean {
  return maxRuns !== undefined && runCount >= maxRuns;
}

/** Removes the next run of a job with a reached `maxRuns`. */
export function withinLimit<T extends Counted & Pick<JobRecord, "nextRunMs">>(job: T): T {
  return hasReachedLimit(job) ? { ...job, nextRunMs: null } : job;
}

/** Refusal of a change that would start a job with a reached `maxRuns` again. */
export function limitReached({ runCount, maxRuns }: Counted): JobSpecError {
  return new JobSpecError("maxRuns", `the job has run ${runCount} times and may run ${maxRuns}; raise maxRuns first`);
}

/** Due runs of a job with `maxRuns`: misfires, which do not count, and as many others as the limit leaves. */
export interface LimitedRuns {
  readonly runs: readonly number[];
  /** Number of misfires, which are the first of `runs`. */
  readonly late: number;
}

/**
 * Applies `maxRuns` to due run times. Misfires of such a job are judged here, when its runs are claimed, and not again at
 * their start: the runs that count are then the runs that start.
 */
export function limitedRuns(
  { maxRuns, runCount = 0, misfireGraceTime }: JobRecord,
  dueRuns: readonly number[],
  nowMs: number,
): LimitedRuns {
  const isLate = (at: number) => misfireGraceTime !== null && nowMs - at > misfireGraceTime * 1_000;
  const late = dueRuns.filter(isLate).length;
  return { runs: dueRuns.slice(0, late + Math.max(0, maxRuns! - runCount)), late };
}

/** True for a waiting run that starts although its job has no next run: a run by hand, or the last of `maxRuns`. */
export function startsWithoutNextRun({ claim, instance }: DispatchRequest): boolean {
  const { maxRuns, runCount = 0 } = instance!.job;
  return claim === undefined || (maxRuns !== undefined && runCount + 1 >= maxRuns);
}

/** Returns the job's `runCount` after a request; undefined when the request does not count runs. */
export function runCountAfter(request: DispatchRequest, result: DispatchResult): number | undefined {
  const { claim, instance } = request;
  if (claim?.misfireCount === undefined || instance === undefined) return undefined;
  // A run that takes the place of a waiting one is counted already, with that one.
  if (result.kind === "queued") return (instance.job.runCount ?? 0) + (result.superseded.length === 0 ? 1 : 0);
  if (result.kind !== "started") return undefined;
  const late = new Set(instance.runs.slice(0, claim.misfireCount).map(({ executionId }) => executionId));
  const started = result.runs.filter(({ executionId }) => !late.has(executionId)).length;
  return (instance.job.runCount ?? 0) + started;
}
