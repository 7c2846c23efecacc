import type { Trigger } from "./trigger.js";

/** Returns the trigger inside those that only change the run times of one other: `withoutDays`, a fixed offset. */
export function innermost(trigger: Trigger): Trigger {
  const { triggers } = trigger as Trigger & { triggers?: readonly Trigger[] };
  return WRAPPERS.has(trigger.kind) && triggers?.length === 1 ? innermost(triggers[0]!) : trigger;
}

const WRAPPERS: ReadonlySet<string> = new Set(["withoutDays", "offset"]);
