import type { Coalesce, JobRecord } from "../core/job-record.js";
import type { Instant, Random, Trigger } from "../triggers/trigger.js";

/** Run times kept of a backlog that is not coalesced: its latest. */
export const BACKLOG_MAX = 1_000;

/** True when a run would start later than its job allows. */
export function isMisfire({ misfireGraceTime }: JobRecord, scheduledAt: Instant, nowMs: number): boolean {
  return misfireGraceTime !== null && nowMs - scheduledAt > misfireGraceTime * 1_000;
}

/** Run times of a job that are due, and the one after them. */
export interface DueRuns {
  /** In order; one when coalesced. */
  readonly runs: readonly Instant[];
  /** The first run time after now; null when the trigger has ended. */
  readonly next: Instant | null;
  /** True when run times before `runs` were dropped because the backlog was longer than BACKLOG_MAX. */
  readonly isTruncated: boolean;
}

/**
 * Returns the due run times of a job whose next run is `nextRun` ≤ `now`, coalesced: APScheduler's `_get_run_times`.
 * The cost does not grow with the length of the outage: a long backlog is entered near its end.
 */
export function dueRuns(trigger: Trigger, nextRun: Instant, now: Instant, coalesce: Coalesce, random: Random): DueRuns {
  const next = following(trigger, nextRun, now, random);
  if (next === null || next > now) return { runs: [nextRun], next, isTruncated: false };
  const backlog = backlogFrom(trigger, nextRun, next, now, random);
  if (coalesce === false) return backlog;
  return { ...backlog, runs: [coalesce === "earliest" ? nextRun : backlog.runs.at(-1)!], isTruncated: false };
}

/** Returns the trigger's next run time. Throws when it is no moment, or not later: it would be due for ever. */
function following(trigger: Trigger, previous: Instant, now: Instant, random: Random): Instant | null {
  const next = trigger.next(previous, now, random);
  if (next === null || (next > previous && next < Number.POSITIVE_INFINITY)) return next;
  throw new TypeError(`${trigger.kind}: next(${previous}) must be null or a later moment, is ${String(next)}`);
}

function backlogFrom(trigger: Trigger, first: Instant, second: Instant, now: Instant, random: Random): DueRuns {
  const walked = walk(trigger, [first, second], now, random);
  if (walked.next === null || walked.next > now) return walked;
  const averageGapMs = (walked.next - first) / walked.runs.length;
  for (let windowMs = averageGapMs * BACKLOG_MAX; ; windowMs *= 2) {
    const from = Math.max(walked.next, Math.floor(now - windowMs));
    const start = from === walked.next ? from : following(trigger, from, now, random);
    const tail = start !== null && start <= now ? walkToNow(trigger, start, now, random) : null;
    if (tail !== null && (tail.runs.length > 1 || from === walked.next)) return tail;
    if (from === walked.next) return { runs: [walked.next], next: start, isTruncated: true };
  }
}

/** Continues the run times to `now`, or until there are BACKLOG_MAX of them. */
function walk(trigger: Trigger, runs: Instant[], now: Instant, random: Random): DueRuns {
  let next = following(trigger, runs.at(-1)!, now, random);
  while (next !== null && next <= now && runs.length < BACKLOG_MAX) {
    runs.push(next);
    next = following(trigger, next, now, random);
  }
  return { runs, next, isTruncated: false };
}

/** Walks all the way to `now` and keeps the last BACKLOG_MAX run times. */
function walkToNow(trigger: Trigger, start: Instant, now: Instant, random: Random): DueRuns {
  let runs: Instant[] = [];
  let next: Instant | null = start;
  while (next !== null && next <= now) {
    if (runs.length === 2 * BACKLOG_MAX) runs = runs.slice(BACKLOG_MAX);
    runs.push(next);
    next = following(trigger, next, now, random);
  }
  return { runs: runs.slice(-BACKLOG_MAX), next, isTruncated: true };
}
