import type { TriggerState } from "./trigger.js";

/** Kinds of triggers with local times as run times. */
const LOCAL_KINDS: readonly unknown[] = ["cron", "crontab", "calendarInterval", "every"];
const LOCAL_TEXTS = ["startDate", "endDate"] as const;

/** Returns the names of the zones whose rules decide the run times of a trigger, and of the triggers inside it. */
export function zonesOf(state: TriggerState): string[] {
  return [...new Set(zonesIn(state))];
}

/** True when the run times of the trigger, or of the triggers inside it, are local times. */
export function isLocal({ kind, triggers = [] }: TriggerState): boolean {
  return LOCAL_KINDS.includes(kind) || (triggers as TriggerState[]).some(isLocal);
}

function zonesIn({ kind, triggers, timezone, ...options }: TriggerState): string[] {
  if (Array.isArray(triggers)) {
    const inside = (triggers as TriggerState[]).flatMap(zonesIn);
    return typeof timezone === "string" ? [...inside, timezone] : inside;
  }
  if (typeof timezone !== "string") return [];
  if (LOCAL_KINDS.includes(kind)) return [timezone];
  return kind === "interval" && LOCAL_TEXTS.some((name) => typeof options[name] === "string") ? [timezone] : [];
}
