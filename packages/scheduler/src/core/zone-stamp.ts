import { standingOf, zoneRulesText, zonesUnder } from "../time/zone-rules.js";
import type { Instant, Trigger, TriggerState } from "../triggers/trigger.js";
import { triggerFromJSON } from "../triggers/trigger-from-json.js";
import { zonesOf } from "../triggers/zones-of.js";
import type { JobRecord } from "./job-record.js";
import { migratePendingRun, sameLocalTime } from "./zone-migration.js";

/** Returns this process's rules for the zones of a trigger, to be stored with the run times that it computed. */
export function zoneStamp(trigger: Trigger, nowMs: Instant): Pick<JobRecord, "zoneRules"> {
  const zoneRules = rulesFor(trigger, nowMs);
  return zoneRules === undefined ? {} : { zoneRules };
}

/** Stamps a job whose next run this process computed; a job with newer rules keeps them. */
export function restamp<Job extends JobRecord>(job: Job, nowMs: Instant): Job {
  if (job.trigger.kind === "date" || (job.zoneRules !== undefined && standingOf(job.zoneRules, nowMs) === "newer")) {
    return job;
  }
  return { ...job, zoneRules: rulesFor(job.trigger, nowMs) };
}

/** True when the job's next run was computed under older zone rules than this process has. */
export function hasOlderZoneRules({ zoneRules }: JobRecord, nowMs: Instant): boolean {
  return zoneRules !== undefined && standingOf(zoneRules, nowMs) === "older";
}

/** Returns the job with the next run that this process's rules give; the same job when its rules are not older. */
export function migrateZoneRules<Job extends JobRecord>(job: Job, nowMs: Instant): Job {
  if (!hasOlderZoneRules(job, nowMs)) return job;
  const state = job.trigger.toJSON();
  if (state.kind === "date") return migrateDate(job, nowMs);
  const trigger = triggerFromJSON(state);
  const nextRunMs = job.nextRunMs === null ? null : migratePendingRun(state, job.zoneRules!, job.nextRunMs);
  return { ...job, trigger, nextRunMs, zoneRules: rulesFor(trigger, nowMs) };
}

/** A date keeps its local time: the moment moves, and with it the rules. */
function migrateDate<Job extends JobRecord>(job: Job, nowMs: Instant): Job {
  const zoneRules = zoneRulesText([...zonesUnder(job.zoneRules!).keys()], nowMs);
  const { runAt, timezone, ...state } = job.trigger.toJSON() as TriggerState & { runAt: Instant; timezone: string };
  const moved = sameLocalTime(job.zoneRules!, timezone, runAt);
  const nextRunMs = job.nextRunMs === runAt ? moved : job.nextRunMs;
  return { ...job, trigger: triggerFromJSON({ ...state, timezone, runAt: moved }), nextRunMs, zoneRules };
}

/** Zone names by trigger, as many jobs share one. */
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
