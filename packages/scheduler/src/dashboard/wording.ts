import { type ExecutionState, isFinalState } from "../core/execution.js";
import type { Overlap } from "../core/job-record.js";

/** What operators read, in django-apscheduler's words where it has them. */
export const STATE_TEXT: Readonly<Record<ExecutionState, string>> = {
  queued: "Queued",
  submitted: "Submitted",
  running: "Started execution",
  executed: "Executed",
  missed: "Missed!",
  max_instances: "Max instances!",
  error: "Error!",
  lost: "Lost",
  cancelled: "Cancelled",
};

/** From harmless to alarming. */
export const EXECUTION_STATES: readonly ExecutionState[] = [
  "queued",
  "submitted",
  "executed",
  "running",
  "cancelled",
  "max_instances",
  "missed",
  "lost",
  "error",
];

export const OVERLAP_TEXT: Readonly<Record<Overlap, string>> = {
  skip: "skipped",
  "queue-one": "the latest waits",
  "cancel-other": "the latest waits, and what runs is asked to end",
};

export const FINAL_STATES = EXECUTION_STATES.filter(isFinalState);

export type JobState = "scheduled" | "paused" | "pending" | "overdue" | "ended";

export const JOB_STATE_TEXT: Readonly<Record<JobState, string>> = {
  scheduled: "Scheduled",
  paused: "Paused",
  pending: "Pending",
  overdue: "Overdue",
  ended: "Ended",
};

/** `12 ms`, `1.24 s`, `2 min 03 s`, `1 h 05 min`, `2 d 3 h`. */
export function lengthText(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(ms < 10_000 ? 2 : 1)} s`;
  const seconds = Math.round(ms / 1_000);
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ${two(seconds % 60)} s`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3_600)} h ${two(Math.floor(seconds / 60) % 60)} min`;
  return `${Math.floor(seconds / 86_400)} d ${Math.floor((seconds % 86_400) / 3_600)} h`;
}

/** `3 s ago`, `in 5 min`. The script in the browser says the same as time goes on. */
export function relativeText(at: number, now: number): string {
  const seconds = Math.round((at - now) / 1_000);
  if (seconds === 0) return "now";
  const length = roughLength(Math.abs(seconds));
  return seconds > 0 ? `in ${length}` : `${length} ago`;
}

function roughLength(seconds: number): string {
  if (seconds < 90) return `${seconds} s`;
  if (seconds < 5_400) return `${Math.round(seconds / 60)} min`;
  if (seconds < 129_600) return `${Math.round(seconds / 3_600)} h`;
  return `${Math.round(seconds / 86_400)} d`;
}

export function countText(count: number, noun: string): string {
  return `${numberText(count)} ${noun}${count === 1 ? "" : "s"}`;
}

export function numberText(count: number): string {
  return count.toLocaleString("en-US");
}

/** Text that may be of any length, made fit for one line. */
export function cut(text: string, max: number): string {
  return text.length <= max ? text : `${text.slice(0, max - 1)}…`;
}

function two(n: number): string {
  return String(n).padStart(2, "0");
}
