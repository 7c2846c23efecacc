import type { Scheduler } from "@headline/scheduler";
import type { SharedJobSpec } from "@headline/scheduler/stores";
import { TIMETABLE_TAG } from "./timetable.js";

/** Makes the store's jobs those of the timetable: what is there keeps its next run, and what was struck out goes. */
export async function keepTimetable(scheduler: Scheduler, lines: readonly SharedJobSpec[]): Promise<void> {
  for (const line of lines) await scheduler.addJob({ ...line, onConflict: "keep" });
  const ids = new Set(lines.map(({ id }) => id));
  for (const job of await scheduler.getJobs({ tag: TIMETABLE_TAG })) if (!ids.has(job.id)) await job.remove();
}
