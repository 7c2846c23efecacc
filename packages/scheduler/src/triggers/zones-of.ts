import type { TriggerState } from "./trigger.js";

/** Kinds whose run times are local times. */
export const LOCAL_KINDS: readonly unknown[] = ["cron", "crontab", "calendarInterval", "every"];
const LOCAL_TEXTS = ["startDate", "endDate"] as const;

/** The names of the zones on whose rules the run times of a trigger depend; of those inside it, too. */
export function zonesOf(state: TriggerState): string[] {
  return [...new Set(zonesIn(state))];
}

function zonesIn({ kind, triggers, timezone, ...options }: TriggerState): string[] {
  if (kind === "anyOf" || kind === "allOf") return (triggers as TriggerState[]).flatMap(zonesIn);
  if (typeof timezone !== "string") return [];
  if (LOCAL_KINDS.includes(kind)) return [timezone];
  return kind === "interval" && LOCAL_TEXTS.some((name) => typeof options[name] === "string") ? [timezone] : [];
}
