import { portableZone } from "../time/portable-zone.js";
import type { TriggerState } from "./trigger.js";

/** Checks the zones of a trigger, and of the triggers inside it, before they are stored. */
export function checkZones({ timezone, triggers }: TriggerState): void {
  if (timezone !== undefined) portableZone(timezone as string);
  if (Array.isArray(triggers)) for (const trigger of triggers as TriggerState[]) checkZones(trigger);
}
