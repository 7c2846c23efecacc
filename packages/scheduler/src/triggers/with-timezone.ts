import type { Trigger } from "./trigger.js";

/** Returns the trigger in that zone, unless it names its own (or uses none). */
export function withTimezone(trigger: Trigger, timezone: string): Trigger {
  const { inZone } = trigger as Trigger & { inZone?: (timezone: string) => Trigger };
  return inZone === undefined ? trigger : inZone.call(trigger, timezone);
}
