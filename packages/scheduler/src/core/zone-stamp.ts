import { standingOf, zoneRulesText, zonesUnder } from "../time/zone-rules.js";
import type { Instant, Trigger, TriggerState } from "../triggers/trigger.js";
import { triggerFromJSON } from "../triggers/trigger-from-json.js";
import { zonesOf } from "../triggers/zones-of.js";
import type { JobRecord } from "./job-record.js";
import { pendingUnderNewRules, sameLocalTime } from "./zone-migration.js";

/** The rules of this process for the zones of a trigger, to be stored with what it computed. */
export function zoneStamp(trigger: Trigger, nowMs: Instant): Pick<JobRecord, "zoneRules"> {
  const zoneRules = rulesFor(trigger, nowMs);
  return zoneRules === undefined ? {} : { zoneRules };
}

/** The job with a next run that this process computed; one that follows newer rules keeps them. */
export function restamped<Job extends JobRecord>(job: Job, nowMs: Instant): Job {
  if (job.trigger.kind === "date" || (job.zoneRules !== undefined && standingOf(job.zoneRules, nowMs) === "newer")) {
    return job;
  }
  return { ...job, zoneRules: rulesFor(job.trigger, nowMs) };
}

/** True when older rules of a zone than those of this process made the job's next run. */
export function isUnderOldRules({ zoneRules }: JobRecord, nowMs: Instant): boolean {
  return zoneRules !== undefined && standingOf(zoneRules, nowMs) === "older";
}

/** The job with the next run that the rules of this process give it; the same job when they made it. */
export function underOwnRules<Job extends JobRecord>(job: Job, nowMs: Instant): Job {
  if (!isUnderOldRules(job, nowMs)) return job;
  const state = job.trigger.toJSON();
  if (state.kind === "date") return dateUnderOwnRules(job, nowMs);
  const trigger = triggerFromJSON(state);
  const nextRunMs = job.nextRunMs === null ? null : pendingUnderNewRules(state, job.zoneRules!, job.nextRunMs);
  return { ...job, trigger, nextRunMs, zoneRules: rulesFor(trigger, nowMs) };
}

/** A date keeps the moment, and the rules by which that was a local time. */
function dateUnderOwnRules<Job extends JobRecord>(job: Job, nowMs: Instant): Job {
  const zoneRules = zoneRulesText([...zonesUnder(job.zoneRules!).keys()], nowMs);
  const { runAt, timezone, ...state } = job.trigger.toJSON() as TriggerState & { runAt: Instant; timezone: string };
  const moved = sameLocalTime(job.zoneRules!, timezone, runAt);
  const nextRunMs = job.nextRunMs === runAt ? moved : job.nextRunMs;
  return { ...job, trigger: triggerFromJSON({ ...state, timezone, runAt: moved }), nextRunMs, zoneRules };
}

/** One trigger is often that of many jobs. */
const zoneNames = new WeakMap<Trigger, readonly string[]>();

function rulesFor(trigger: Trigger, nowMs: Instant): string | undefined {
  let names = zoneNames.get(trigger);
  if (names === undefined) {
    const { localZone } = trigger as Trigger & { localZone?: string };
    names = localZone === undefined ? zonesOf(trigger.toJSON()) : [localZone];
    zoneNames.set(trigger, names);
  }
  return names.length === 0 ? undefined : zoneRulesText(names, nowMs);
}
