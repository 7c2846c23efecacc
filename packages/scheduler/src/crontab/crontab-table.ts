import type { Scheduler } from "../scheduler/scheduler.js";
import { date } from "../triggers/date.js";
import {
  type AppliedCrontab,
  type ApplyCrontabOptions,
  applyCrontab,
  checkApplyCrontab,
  crontabTag,
  jobsTagged,
  removeCrontab,
} from "./apply-crontab.js";
import { TABLE_TAG } from "./table-tag.js";

/** Table of a user, as it was written. */
export interface CrontabTable {
  readonly user: string;
  readonly text: string;
  readonly system: boolean;
  /** Time zone of the lines without a CRON_TZ above them. */
  readonly timezone?: string;
}

/** Run time of the job that holds a table, which is paused as well. */
const NEVER = date({ runAt: Date.UTC(9999, 11, 31), timezone: "UTC" });

/**
 * Applies a table and stores its text, as the arguments of a paused job `crontab:<user>`, which `crontab list` reads. The
 * text is written last, so a stored table has been applied. Its time zone is the given one, else that of the stored table or
 * of its namespace: the same text is the same timetable from every machine.
 */
export async function installTable(
  scheduler: Scheduler,
  table: CrontabTable,
  options: Omit<ApplyCrontabOptions, "user" | "system">,
): Promise<AppliedCrontab & { readonly timezone: string }> {
  checkUser(table.user);
  checkApplyCrontab(options, "installTable");
  const { user, system, text } = table;
  const timezone = options.timezone ?? table.timezone ?? (await zoneOf(scheduler, user, options.store));
  const applied = await applyCrontab(scheduler, text, { ...options, user, system, timezone, lasting: false });
  await scheduler.addJob({
    id: crontabTag(table.user),
    func: TABLE_TAG,
    name: `crontab of ${table.user}`,
    trigger: NEVER,
    nextRunTime: null,
    kwargs: { ...table, timezone },
    tags: [TABLE_TAG],
    onConflict: "replace",
    ...(options.store === undefined ? {} : { store: options.store }),
  });
  return { ...applied, timezone };
}

/** Returns the time zone of the user's table, else of all tables of the namespace, else of the scheduler. */
async function zoneOf(scheduler: Scheduler, user: string, store: string | undefined): Promise<string> {
  const tables = await readTables(scheduler, store);
  const own = tables.find((table) => table.user === user)?.timezone;
  if (own !== undefined) return own;
  const zones = [...new Set(tables.flatMap(({ timezone = [] }) => timezone))].sort();
  if (zones.length <= 1) return zones[0] ?? scheduler.timezone;
  throw new RangeError(`timezone: the tables here are in ${zones.join(" and ")}; say in which zone this one is`);
}

/** Returns the table of a user, undefined when there is none. */
export async function readTable(scheduler: Scheduler, user: string, store?: string): Promise<CrontabTable | undefined> {
  checkUser(user);
  const job = await scheduler.getJob(crontabTag(user), store);
  return job === undefined ? undefined : (job.kwargs as unknown as CrontabTable);
}

/** Returns the tables of all users. */
export async function readTables(scheduler: Scheduler, store?: string): Promise<CrontabTable[]> {
  const jobs = await jobsTagged(scheduler, TABLE_TAG, store);
  return jobs.map((job) => job.kwargs as unknown as CrontabTable);
}

/** Removes a table and all its jobs; false when there is none. */
export async function removeTable(scheduler: Scheduler, user: string, store?: string): Promise<boolean> {
  if ((await readTable(scheduler, user, store)) === undefined) return false;
  await removeCrontab(scheduler, user, store);
  await scheduler.removeJob(crontabTag(user), store);
  return true;
}

/** Checks a name, which is a part of ids, between colons. */
function checkUser(user: string): void {
  if (!/^[^\s:]{1,100}$/.test(user))
    throw new RangeError(`user: "${user}" is empty, too long, or has a blank or a colon`);
}
