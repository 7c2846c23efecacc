import { JobSpecError } from "../core/errors.js";
import type { PlannedRun } from "../core/job-store.js";
import { checkKnown, type OptionNames } from "../core/known-options.js";
import { type DateInput, parseInstant } from "../time/parse.js";
import type { Trigger, TriggerState } from "../triggers/trigger.js";
import { countsFromLast } from "../triggers/without-days.js";
import type { Job } from "./job.js";
import { type Asker, dispatchByHand, mustBeStarted } from "./run-now.js";
import type { SchedulerParts } from "./scheduler-context.js";

/** Maximum number of run times in a range. */
const RUNS_MAX = 1_000;

/** Range of a backfill. */
export interface BackfillOptions {
  /** The first moment of the range; text without an offset is local time in the scheduler's zone. */
  readonly from: DateInput;
  /** The last moment of the range, which belongs to it. */
  readonly to: DateInput;
  /** Run times that ended so run again as well; without it each is started at most once (with `ack: "late"` at least once). */
  readonly again?: readonly ("lost" | "cancelled" | "error")[];
}

/** Runs that a backfill has added. */
export interface Backfill {
  /** In the order in which they run, one after the other. */
  readonly runs: readonly { readonly executionId: string; readonly scheduledAt: number }[];
  /** Run times of the range that the job has had already. */
  readonly leftOut: number;
}

const OPTIONS: OptionNames<BackfillOptions> = { from: true, to: true, again: true };
const AGAIN: readonly string[] = ["lost", "cancelled", "error"];
/** Executions that end so were never started. */
const UNSTARTED = ["missed", "max_instances"] as const;

/** Runs what the trigger says for a range of the past and the job has not had, in one instance. */
export async function backfill(
  job: Job,
  parts: SchedulerParts,
  asker: Asker,
  options: BackfillOptions,
): Promise<Backfill> {
  checkKnown<BackfillOptions>(options, OPTIONS, "backfill");
  const { trigger, nextRunMs } = job.record;
  const range = checkedRange(options, parts.timezone);
  const once = [...UNSTARTED, ...checkedAgain(options.again ?? [])];
  checkTrigger(trigger);
  mustBeStarted(job, parts);
  const nowMs = await parts.stores.get(job.store).now();
  const untilMs = Math.min(range.toMs, nowMs, nextRunMs === null ? nowMs : nextRunMs - 1);
  const planned = runTimes(trigger, range.fromMs, untilMs).map((scheduledAt): PlannedRun => {
    return { executionId: parts.newId(), scheduledAt };
  });
  if (planned.length === 0) return { runs: [], leftOut: 0 };
  const verdict = await dispatchByHand(job, parts, asker, { runs: planned, overlap: "skip", once });
  const runs = verdict.kind === "started" ? verdict.runs : [];
  return { runs, leftOut: planned.length - runs.length };
}

function checkedRange({ from, to }: BackfillOptions, timezone: string): { fromMs: number; toMs: number } {
  const fromMs = instantOf("from", from, timezone);
  const toMs = instantOf("to", to, timezone);
  if (fromMs <= toMs) return { fromMs, toMs };
  throw new JobSpecError("to", `must not be before \`from\`, is ${isoText(toMs)}, before ${isoText(fromMs)}`);
}

function checkedAgain(again: NonNullable<BackfillOptions["again"]>): NonNullable<BackfillOptions["again"]> {
  if (Array.isArray(again) && again.every((state) => AGAIN.includes(state))) return again;
  throw new JobSpecError("again", `must be a list of ${AGAIN.join(", ")}, is ${JSON.stringify(again)}`);
}

function instantOf(field: "from" | "to", given: DateInput, timezone: string): number {
  if (given === undefined || given === null) throw new JobSpecError(field, "is missing: a backfill has a range");
  try {
    return parseInstant(given, timezone, field);
  } catch (error) {
    throw new JobSpecError(field, (error as Error).message.replace(`${field}: `, ""));
  }
}

/** Throws for a trigger whose run times of the past cannot be said again. */
function checkTrigger(trigger: Trigger): void {
  if (hasJitter(trigger.toJSON()))
    throw new JobSpecError(
      "jitter",
      `${trigger} has one: its run times are drawn anew, so that none can be told from another`,
    );
  if (countsFromLast(trigger))
    throw new JobSpecError("trigger", `${trigger} counts from its last run, so that it has no run times in the past`);
}

function hasJitter({ jitter = 0, triggers = [] }: TriggerState): boolean {
  return jitter !== 0 || (triggers as readonly TriggerState[]).some(hasJitter);
}

function runTimes(trigger: Trigger, fromMs: number, untilMs: number): number[] {
  const times: number[] = [];
  for (let at = trigger.next(null, fromMs); at !== null && at <= untilMs; at = trigger.next(at, at)) {
    if (times.length === RUNS_MAX) throw tooMany(at);
    times.push(at);
  }
  return times;
}

function tooMany(at: number): JobSpecError {
  return new JobSpecError("to", `the range has more than 1,000 run times; ask up to before ${isoText(at)} first`);
}

function isoText(ms: number): string {
  return new Date(ms).toISOString();
}
