import type { Random, Trigger, TriggerState } from "../triggers/trigger.js";
import { JobSpecError } from "./errors.js";
import { checkedPolicy } from "./job-policy.js";
import type { JobRecord } from "./job-record.js";
import { checkPatch, type JobPatch } from "./job-spec.js";
import { firstRunTime, liveTrigger, parseNextRunTime, withJobOffset } from "./job-trigger.js";
import { checkedFunc, checkedLimit, offsetOf, openSettings } from "./new-job.js";
import { unpaused } from "./pause.js";
import { hasReachedLimit, limitReached, withinLimit } from "./run-limit.js";
import { restamp, zoneStamp } from "./zone-stamp.js";

/** Moment and zone of a change. */
export interface ChangeEnvironment {
  readonly timezone: string;
  readonly nowMs: number;
  readonly random: Random;
}

/** Applies a patch to a job. A new trigger alone does not move the next run; `rescheduleJob` does. */
export function patchJob(
  job: JobRecord,
  patch: JobPatch,
  environment: Pick<ChangeEnvironment, "timezone" | "nowMs">,
): JobRecord {
  if ("id" in patch && (patch as { id?: unknown }).id !== job.id) throw new JobSpecError("id", "cannot be changed");
  const { id: _sameId, ...changes } = patch as JobPatch & { id?: string };
  checkPatch(changes);
  const { timezone, nowMs } = environment;
  const {
    trigger,
    nextRunTime,
    func,
    maxRuns = job.maxRuns,
    randomizedOffset = job.randomizedOffset,
    ...policy
  } = changes;
  const isMoved = nextRunTime !== undefined;
  const { fromTask = [], maxRuns: _before, randomizedOffset: _old, runCount, ...known } = isMoved ? unpaused(job) : job;
  const isNewTrigger = trigger !== undefined || randomizedOffset !== job.randomizedOffset;
  const bare = trigger === undefined ? job.trigger : liveTrigger(trigger, timezone).anchored(nowMs);
  const anchored = isNewTrigger ? withJobOffset(bare, job.id, randomizedOffset) : undefined;
  const limit = checkedLimit(maxRuns, runCount);
  if (nextRunTime !== undefined && nextRunTime !== null && hasReachedLimit(limit)) throw limitReached(limit);
  return withinLimit({
    ...known,
    ...openSettings(fromTask, policy),
    ...checkedPolicy({ ...job, ...withoutUndefined(policy) }),
    ...(func === undefined ? {} : { func: checkedFunc(func) }),
    ...(anchored === undefined ? {} : { trigger: anchored, ...zoneStamp(anchored, nowMs) }),
    ...(nextRunTime === undefined ? {} : { nextRunMs: parseNextRunTime(nextRunTime, environment) }),
    ...limit,
    ...offsetOf(randomizedOffset),
  });
}

/** Gives a job a new trigger and its first run time from now on. */
export function rescheduleJob(
  job: JobRecord,
  trigger: Trigger | TriggerState | string,
  { timezone, nowMs, random }: ChangeEnvironment,
): JobRecord {
  if (hasReachedLimit(job)) throw limitReached(job);
  const bare = liveTrigger(trigger, timezone).anchored(nowMs);
  const anchored = withJobOffset(bare, job.id, job.randomizedOffset);
  const nextRunMs = firstRunTime(anchored, nowMs, random);
  if (nextRunMs === null) throw new JobSpecError("trigger", `${anchored} has no run time left`);
  const { zoneRules: _ofTheOldTrigger, ...rest } = unpaused(job);
  return { ...rest, trigger: anchored, nextRunMs, ...zoneStamp(anchored, nowMs) };
}

/** Gives a paused job a next run. */
export function resumeJob(job: JobRecord, nextRunMs: number, nowMs: number): JobRecord {
  return restamp({ ...unpaused(job), nextRunMs }, nowMs);
}

/** Returns the next run of a job that is resumed now; null when its trigger has ended. */
export function resumedRunTime(job: JobRecord, nowMs: number, random: Random): number | null {
  return job.trigger.next(null, nowMs, random) ?? missedOnlyRun(job, nowMs);
}

/**
 * Returns the run time of a one-off that passed while it was paused, which is run, or missed by its grace, and recorded
 * either way. A repeating trigger that has ended gives none, as in APScheduler.
 */
function missedOnlyRun({ trigger, createdMs }: JobRecord, nowMs: number): number | null {
  const first = firstRunTime(trigger, createdMs, () => 0);
  return first !== null && first <= nowMs && trigger.next(first, first) === null ? first : null;
}

function withoutUndefined<T extends object>(object: T): T {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as T;
}
