import type { Scheduler } from "@headline/scheduler";
import { TIMETABLE_TAG, type TimetableDeps, type TimetableJob } from "./timetable.js";

/** Registers the timetable's tasks, before the scheduler starts. */
export function registerTimetable(scheduler: Scheduler, jobs: readonly TimetableJob[], deps: TimetableDeps): void {
  for (const { func, run } of jobs) scheduler.registerTask(func, (context) => run(deps, context));
}

/**
 * Makes the store's jobs those of the timetable: existing ones keep their next run; jobs no longer in it are removed once no
 * live job service of another version declares them.
 */
export async function keepTimetable(scheduler: Scheduler, jobs: readonly TimetableJob[]): Promise<void> {
  await scheduler.declareJobs(
    TIMETABLE_TAG,
    jobs.map(({ run: _run, about: _about, ...spec }) => spec),
  );
}
