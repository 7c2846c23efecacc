import { BACKFILL, type Backfill, type BackfillOptions } from "../core/call-options.js";
import { JobSpecError } from "../core/errors.js";
import type { PlannedRun } from "../core/job-store.js";
import { checkKnown } from "../core/known-options.js";
import { type DateInput, parseInstant } from "../time/parse.js";
import type { Trigger, TriggerState } from "../triggers/trigger.js";
import { countsFromLast } from "../triggers/without-days.js";
import type { Job } from "./job.js";
import { dispatchByHand, type RunRequester, startedWorker } from "./run-now.js";
import type { SchedulerContext } from "./scheduler-context.js";

/** Maximum number of run times in a range. */
const RUNS_MAX = 1_000;

const AGAIN: readonly string[] = ["lost", "cancelled", "error"];
/** States of executions that were never started. */
const UNSTARTED = ["missed", "max_instances"] as const;

/** Runs the run times of a past range that the job has not had, in one instance. */
export async function backfill(
  job: Job,
  context: SchedulerContext,
  requester: RunRequester,
  options: BackfillOptions,
): Promise<Backfill> {
  checkKnown<BackfillOptions>(options, BACKFILL, "backfill");
  const { trigger, nextRunMs } = job.record;
  const range = checkedRange(options, context.timezone);
  const skipExistingExcept = [...UNSTARTED, ...checkedAgain(options.again ?? [])];
  checkTrigger(trigger);
  startedWorker(job, context);
  const nowMs = await context.stores.get(job.store).now();
  const untilMs = Math.min(range.toMs, nowMs, nextRunMs === null ? nowMs : nextRunMs - 1);
  const planned = runTimes(trigger, range.fromMs, untilMs).map((scheduledAt): PlannedRun => {
    return { executionId: context.newId(), scheduledAt };
  });
  if (planned.length === 0) return { runs: [], leftOut: 0 };
  const result = await dispatchByHand(job, context, requester, { runs: planned, overlap: "skip", skipExistingExcept });
  const runs = result.kind === "started" ? result.runs : [];
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

/** Throws for a trigger whose past run times cannot be computed again. */
function checkTrigger(trigger: Trigger): void {
  if (hasJitter(trigger.toJSON()))
    throw new JobSpecError(
      "jitter",
      `${trigger} has one: its run times are random, so that past ones cannot be computed again`,
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
  return new JobSpecError(
    "to",
    `the range has more than 1,000 run times; backfill the range before ${isoText(at)} first`,
  );
}

function isoText(ms: number): string {
  return new Date(ms).toISOString();
}
