import type { JobRecord } from "../../core/job-record.js";

const MARK = "\u0001";

/**
 * Where due jobs of a task wait, for each executor apart, as the scripts name it. The default executor's is the task's
 * name alone: schedulers of the first version know no other, and leave the others' alone.
 */
export function laneOf(executor: string, func: string): string {
  return executor === "default" && !func.startsWith(MARK) ? func : `${MARK}${executor}${MARK}${func}`;
}

export function laneOfJob({ executor, func }: JobRecord): string {
  return laneOf(executor, String(func));
}
