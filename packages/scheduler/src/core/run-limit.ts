import type { DueRuns } from "../worker/due-runs.js";
import { JobSpecError } from "./errors.js";
import type { JobRecord } from "./job-record.js";
import type { Decision, Verdict } from "./job-store.js";

type Counted = Pick<JobRecord, "maxRuns" | "runCount">;

/** True when a job has had all the runs it may have; it stays where it is, without a next run. */
export function hasReachedLimit({ maxRuns, runCount = 0 }: Counted): boolean {
  return maxRuns !== undefined && runCount >= maxRuns;
}

/** The record without a next run when none is left to it. */
export function withinLimit<T extends Counted & Pick<JobRecord, "nextRunMs">>(job: T): T {
  return hasReachedLimit(job) ? { ...job, nextRunMs: null } : job;
}

/** A job that has ended does not begin again by itself. */
export function limitReached({ runCount, maxRuns }: Counted): JobSpecError {
  return new JobSpecError("maxRuns", `the job has run ${runCount} times and may run ${maxRuns}; raise maxRuns first`);
}

/** Due runs of a job with `maxRuns`: those that are too late do not count, and of the others none goes beyond it. */
export interface LimitedRuns {
  readonly runs: readonly number[];
  /** So many of them, the first ones, are too late. */
  readonly late: number;
}

/**
 * Misfires of such a job are judged here, when its runs are claimed, and not again when they start: what is counted and
 * what is started are then the same.
 */
export function limitedRuns(
  { maxRuns, runCount = 0, misfireGraceTime }: JobRecord,
  due: DueRuns,
  nowMs: number,
): LimitedRuns {
  const isLate = (at: number) => misfireGraceTime !== null && nowMs - at > misfireGraceTime * 1_000;
  const late = due.runs.filter(isLate).length;
  return { runs: due.runs.slice(0, late + Math.max(0, maxRuns! - runCount)), late };
}

/** True for a run that starts, once it has waited, although its job has no next run: one by hand, or the last of `maxRuns`. */
export function startsWithoutNextRun({ claim, instance }: Decision): boolean {
  const { maxRuns, runCount = 0 } = instance!.job;
  return claim === undefined || (maxRuns !== undefined && runCount + 1 >= maxRuns);
}

/** Runs of a job after a decision that counts; undefined when it counts none. */
export function runCountAfter(decision: Decision, verdict: Verdict): number | undefined {
  const { claim, instance } = decision;
  if (claim?.uncounted === undefined || instance === undefined) return undefined;
  // One that takes the place of a run that waited is counted already, with that one.
  if (verdict.kind === "queued") return (instance.job.runCount ?? 0) + (verdict.superseded.length === 0 ? 1 : 0);
  if (verdict.kind !== "started") return undefined;
  const late = new Set(instance.runs.slice(0, claim.uncounted).map(({ executionId }) => executionId));
  const started = verdict.runs.filter(({ executionId }) => !late.has(executionId)).length;
  return (instance.job.runCount ?? 0) + started;
}
