import type { Scheduler } from "../core/scheduler.js";
import { date } from "../triggers/date.js";
import {
  type AppliedCrontab,
  type ApplyCrontabOptions,
  applyCrontab,
  crontabTag,
  jobsTagged,
  removeCrontab,
} from "./apply-crontab.js";
import { TABLE_TAG } from "./table-tag.js";

/** A user's table as it was written. */
export interface CrontabTable {
  readonly user: string;
  readonly text: string;
  readonly system: boolean;
}

/** Far enough away; and the job is paused besides. */
const NEVER = date({ runAt: Date.UTC(9999, 11, 31), timezone: "UTC" });

/**
 * Applies a table and keeps its text in the store, as the arguments of a paused job `crontab:<user>`: the store is then
 * all that `crontab list` needs. The text is written last, so a table that is there has been applied.
 */
export async function installTable(
  scheduler: Scheduler,
  table: CrontabTable,
  options: Omit<ApplyCrontabOptions, "user" | "system">,
): Promise<AppliedCrontab> {
  checkUser(table.user);
  const applied = await applyCrontab(scheduler, table.text, { ...options, user: table.user, system: table.system });
  await scheduler.addJob({
    id: crontabTag(table.user),
    func: TABLE_TAG,
    name: `crontab of ${table.user}`,
    trigger: NEVER,
    nextRunTime: null,
    kwargs: { ...table },
    tags: [TABLE_TAG],
    onConflict: "replace",
    ...(options.store === undefined ? {} : { store: options.store }),
  });
  return applied;
}

export async function readTable(scheduler: Scheduler, user: string, store?: string): Promise<CrontabTable | undefined> {
  checkUser(user);
  const job = await scheduler.getJob(crontabTag(user), store);
  return job === undefined ? undefined : (job.kwargs as unknown as CrontabTable);
}

export async function readTables(scheduler: Scheduler, store?: string): Promise<CrontabTable[]> {
  const jobs = await jobsTagged(scheduler, TABLE_TAG, store);
  return jobs.map((job) => job.kwargs as unknown as CrontabTable);
}

/** The table and all its jobs; false when there is none. */
export async function removeTable(scheduler: Scheduler, user: string, store?: string): Promise<boolean> {
  if ((await readTable(scheduler, user, store)) === undefined) return false;
  await removeCrontab(scheduler, user, store);
  await scheduler.removeJob(crontabTag(user), store);
  return true;
}

/** The name is part of ids, and stands between colons there. */
function checkUser(user: string): void {
  if (!/^[^\s:]{1,100}$/.test(user))
    throw new RangeError(`user: "${user}" is empty, too long, or has a blank or a colon`);
}
