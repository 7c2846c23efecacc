import type { Trigger } from "./trigger.js";

/** The trigger in that zone, unless it names one of its own (or has no use for one). */
export function withTimezone(trigger: Trigger, timezone: string): Trigger {
  const { inZone } = trigger as Trigger & { inZone?: (timezone: string) => Trigger };
  return inZone === undefined ? trigger : inZone.call(trigger, timezone);
}
