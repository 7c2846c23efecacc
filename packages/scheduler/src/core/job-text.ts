import { formatLocal } from "../time/format.js";
import type { JobRecord } from "./job-record.js";

/** APScheduler's text of a job: `tick (trigger: interval[0:00:03], next run at: 2018-05-07 02:44:29 MST)`. */
export function jobText(
  job: Pick<JobRecord, "name" | "trigger" | "nextRunMs">,
  timezone: string,
  pending = false,
): string {
  return `${job.name} (trigger: ${job.trigger}, ${pending ? "pending" : statusText(job.nextRunMs, timezone)})`;
}

function statusText(nextRunMs: number | null, timezone: string): string {
  return nextRunMs === null ? "paused" : `next run at: ${runTimeText(nextRunMs, timezone)}`;
}

export function runTimeText(at: number, timezone: string): string {
  return formatLocal(at, timezone);
}
