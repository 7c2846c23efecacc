import { type DateInput, parseInstant } from "../time/parse.js";
import { innermost } from "../triggers/innermost.js";
import type { Random } from "../triggers/trigger.js";
import { checkText } from "./check-value.js";
import { JobSpecError } from "./errors.js";
import type { JobRecord } from "./job-record.js";
import { hasReachedLimit, limitReached } from "./run-limit.js";

/** End and reason of a pause. */
export interface PauseOptions {
  /** Moment at which the job resumes by itself; text without an offset is local time in the scheduler's zone. */
  readonly until?: DateInput;
  /** Reason of the pause, for listings; at most 1,000 characters. */
  readonly note?: string;
}

const NOTE_MAX = 1_000;

interface PauseEnvironment {
  readonly timezone: string;
  readonly nowMs: number;
  readonly random: Random;
}

/** Pauses a job: it has no next run, or the first one at or after a date. */
export function pauseJob(job: JobRecord, { until, note }: PauseOptions, environment: PauseEnvironment): JobRecord {
  const record = { ...unpaused(job), ...(note === undefined ? {} : { pauseNote: checkedNote(note) }) };
  if (until === undefined) return { ...record, nextRunMs: null };
  if (hasReachedLimit(job)) throw limitReached(job);
  const pausedUntilMs = checkedUntil(until, environment);
  return { ...record, pausedUntilMs, nextRunMs: firstRunFrom(job, pausedUntilMs, environment.random) };
}

/** Removes the pause of a job; its next run stays as it is. */
export function unpaused<T extends JobRecord>({ pausedUntilMs: _until, pauseNote: _note, ...rest }: T): JobRecord {
  return rest;
}

/** Returns the pause of a job, for another record of it. */
export function pauseOf({ pausedUntilMs, pauseNote }: JobRecord): Pick<JobRecord, "pausedUntilMs" | "pauseNote"> {
  return {
    ...(pausedUntilMs === undefined ? {} : { pausedUntilMs }),
    ...(pauseNote === undefined ? {} : { pauseNote }),
  };
}

/** Returns the first run at or after a moment; a one-off with an earlier run time runs at that moment. */
function firstRunFrom({ trigger }: Pick<JobRecord, "trigger">, fromMs: number, random: Random): number {
  const first = trigger.next(null, fromMs, random);
  if (first !== null) return first;
  if (innermost(trigger).kind === "date") return fromMs;
  throw new JobSpecError("until", `${trigger} has no run time at or after it`);
}

function checkedUntil(until: NonNullable<PauseOptions["until"]>, { timezone, nowMs }: PauseEnvironment): number {
  let at: number;
  try {
    at = parseInstant(until, timezone, "until");
  } catch (error) {
    throw new JobSpecError("until", (error as Error).message.replace(/^until: /, ""));
  }
  if (at > nowMs) return at;
  throw new JobSpecError("until", `must be in the future, is ${new Date(at).toISOString()}`);
}

function checkedNote(note: unknown): string {
  if (typeof note !== "string") throw new JobSpecError("note", `must be a text, is ${typeof note}`);
  if (note.length > NOTE_MAX)
    throw new JobSpecError("note", `must have at most ${NOTE_MAX} characters, has ${note.length}`);
  checkText("note", note);
  return note;
}
