import type { DurationStatistics } from "../core/execution.js";
import { taskName } from "../core/job-search.js";
import type { Json } from "../core/json.js";
import type { ExecutionRow } from "./reading/executions.js";
import type { JobRow } from "./reading/jobs.js";
import type { NodeRow } from "./reading/nodes.js";
import type { Timeline } from "./reading/timeline.js";

/** Job in the JSON API. Times are ISO 8601. */
export function wireJob({ job, state, running, durations, last, nowMs, missing }: JobRow) {
  const {
    id,
    name,
    store,
    executor,
    args,
    kwargs,
    coalesce,
    maxInstances,
    overlap,
    misfireGraceTime,
    timeoutMs,
    retries,
    ack,
    tags,
  } = job;
  return {
    id,
    name,
    store,
    func: taskName(job),
    args,
    kwargs: kwargs ?? null,
    trigger: { text: String(job.trigger), ...job.trigger.toJSON() },
    state,
    nextRunAt: job.nextRunTime?.toISOString() ?? null,
    pausedUntil: job.pausedUntil?.toISOString() ?? null,
    pauseNote: job.pauseNote,
    missing: missing === undefined ? null : { missing: missing.missing, name: missing.name },
    running,
    maxInstances,
    overlap,
    durations: (durations ?? null) satisfies DurationStatistics | null,
    last: last === undefined ? null : wireExecution({ execution: { ...last, store }, nowMs }),
    executor,
    coalesce,
    misfireGraceTime,
    timeoutMs,
    retries,
    ack,
    maxDeliveries: job.record.maxDeliveries,
    maxRuns: job.maxRuns,
    runCount: job.runCount,
    tags,
    createdAt: iso(job.record.createdMs),
  };
}

export function wireExecution({ execution }: ExecutionRow) {
  const { id, jobId, jobName, store, state, attempt, owner, durationMs, error, stack } = execution;
  return {
    id,
    jobId,
    jobName,
    store,
    state,
    scheduledAt: iso(execution.scheduledAt),
    submittedAt: iso(execution.submittedAt),
    startedAt: iso(execution.startedAt),
    finishedAt: iso(execution.finishedAt),
    durationMs,
    attempt,
    owner,
    result: execution.result as Json,
    error,
    stack,
  };
}

export function wireTimeline({ fromMs, toMs, lanes, others, counts, jobs, completeFromMs, unreadable }: Timeline) {
  return {
    from: iso(fromMs),
    to: iso(toMs),
    completeFrom: iso(completeFromMs),
    jobs,
    counts,
    lanes: lanes.map(({ store, jobId, jobName, counts, busyMs, executions }) => ({
      store,
      jobId,
      jobName,
      counts,
      busyMs,
      executions: executions.map(({ id, state, scheduledAt, startedAt, finishedAt, durationMs }) => ({
        id,
        state,
        scheduledAt: iso(scheduledAt),
        startedAt: iso(startedAt),
        finishedAt: iso(finishedAt),
        durationMs,
      })),
    })),
    others,
    unreadable,
  };
}

export function wireNode({
  id,
  host,
  pid,
  state,
  running,
  startedAt,
  seenAt,
  nowMs,
  stale,
  isThisOne,
  stores,
}: NodeRow) {
  return {
    id,
    host,
    pid,
    state,
    running,
    stores,
    startedAt: iso(startedAt),
    seenAt: iso(seenAt),
    seenMsAgo: nowMs - seenAt,
    stale,
    isThisOne,
  };
}

function iso(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString();
}
