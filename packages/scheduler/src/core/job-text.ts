import { formatLocal } from "../time/format.js";
import type { JobRecord } from "./job-record.js";
import { hasReachedLimit } from "./run-limit.js";

/** Returns APScheduler's text of a job: `tick (trigger: interval[0:00:03], next run at: 2018-05-07 02:44:29 MST)`. */
export function jobText(
  job: Pick<JobRecord, "name" | "trigger" | "nextRunMs" | "maxRuns" | "runCount">,
  timezone: string,
  pending = false,
): string {
  return `${job.name} (trigger: ${job.trigger}, ${pending ? "pending" : statusText(job, timezone)})`;
}

function statusText(
  { nextRunMs, ...count }: Pick<JobRecord, "nextRunMs" | "maxRuns" | "runCount">,
  timezone: string,
): string {
  if (hasReachedLimit(count)) return `ended after ${count.runCount} runs`;
  return nextRunMs === null ? "paused" : `next run at: ${runTimeText(nextRunMs, timezone)}`;
}

export function runTimeText(at: number, timezone: string): string {
  return formatLocal(at, timezone);
}
