import type { Scheduler } from "@headline/scheduler";
import type { SharedJobSpec } from "@headline/scheduler/stores";
import { TIMETABLE_TAG } from "./timetable.js";

/**
 * Makes the store's jobs those of the timetable: what is there keeps its next run, and what was struck out goes, once no
 * live job service of another version has it in its timetable.
 */
export async function keepTimetable(scheduler: Scheduler, lines: readonly SharedJobSpec[]): Promise<void> {
  await scheduler.declareJobs(TIMETABLE_TAG, lines);
}
