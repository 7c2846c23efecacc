import type { JobRecord } from "../core/job-record.js";
import type { Logger } from "../core/logger.js";
import type { Trigger } from "../triggers/trigger.js";

/** Logs the warnings of a job's trigger and of the triggers inside it. */
export function logTriggerWarnings({ name, trigger }: Pick<JobRecord, "name" | "trigger">, logger: Logger): void {
  for (const warning of warningsOf(trigger)) logger.warn(`Job "${name}": ${warning}`);
}

function warningsOf(trigger: Trigger): readonly string[] {
  const { warnings = [], triggers = [] } = trigger as Trigger & {
    warnings?: readonly string[];
    triggers?: readonly Trigger[];
  };
  return [...warnings, ...triggers.flatMap(warningsOf)];
}
