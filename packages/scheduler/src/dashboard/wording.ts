import { type ExecutionState, isFinalState } from "../core/execution.js";
import type { Overlap } from "../core/task.js";

/** Texts of states, in django-apscheduler's words where it has them. */
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

/** States from harmless to alarming. */
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

export function countText(count: number, noun: string): string {
  return `${numberText(count)} ${noun}${count === 1 ? "" : "s"}`;
}

export function numberText(count: number): string {
  return count.toLocaleString("en-US");
}

/** Cuts a text to a length. */
export function cut(text: string, max: number): string {
  return text.length <= max ? text : `${text.slice(0, max - 1)}…`;
}
