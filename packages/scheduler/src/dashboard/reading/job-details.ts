import type { Target } from "../actions.js";
import type { DashboardScheduler } from "../dashboard-scheduler.js";
import { type ExecutionsPage, readExecutions } from "./executions.js";
import { type JobRow, readJob } from "./jobs.js";
import { readTimeline, type Timeline } from "./timeline.js";

/** Job with everything that its page shows. */
export interface JobDetails {
  readonly row: JobRow;
  /** Next runs, epoch ms. */
  readonly upcoming: readonly number[];
  readonly executions: ExecutionsPage;
  readonly timeline: Timeline;
}

const UPCOMING = 5;
const EXECUTIONS = 20;

/** Reads a job with its newest executions, its timeline and its next runs. Throws a 404. */
export async function readJobDetails(scheduler: DashboardScheduler, { store, id }: Target): Promise<JobDetails> {
  const row = await readJob(scheduler, store, id);
  const [executions, timeline] = await Promise.all([
    readExecutions(scheduler, { store, jobId: id, limit: EXECUTIONS }),
    readTimeline(scheduler, { store, jobId: id }),
  ]);
  return { row, executions, timeline, upcoming: row.job.nextRuns(UPCOMING).map((run) => run.getTime()) };
}
