import { createHash } from "node:crypto";
import { JobNotFoundError } from "../core/errors.js";
import { checkKnown, type OptionNames } from "../core/known-options.js";
import type { Logger } from "../core/logger.js";
import type { DeclaredSpec } from "../scheduler/declarations.js";
import type { Job } from "../scheduler/job.js";
import type { Scheduler } from "../scheduler/scheduler.js";
import { type CrontabEntry, CrontabError, type CrontabNote, everRuns } from "./crontab-entry.js";
import { parseCrontab } from "./parse-crontab.js";
import { COMMAND_TASK, commandTask } from "./run-command.js";

/** Options of `applyCrontab`. */
export interface ApplyCrontabOptions {
  /** Name of the table, a part of the ids of its jobs; not the user they run as. */
  readonly user: string;
  readonly store?: string;
  /** Reads the user field of a system table, the user of its commands. Default false. */
  readonly system?: boolean;
  readonly timezone?: string;
  /** Runs `@reboot` lines, at the start of a scheduler. Default false. */
  readonly atStart?: boolean;
  /** Instances of a line at once. cron has no limit; the default here is 1. */
  readonly maxInstances?: number;
  /** Declares the lines while this scheduler lives; false lets the next table of an operator remove them. Default true. */
  readonly lasting?: boolean;
  readonly logger?: Pick<Logger, "warn">;
}

/** Changes that an applied table made. */
export interface AppliedCrontab {
  /** Ids of jobs. */
  readonly added: readonly string[];
  readonly kept: readonly string[];
  readonly removed: readonly string[];
  /** Lines of another live scheduler's version of the table. */
  readonly left: readonly string[];
  readonly warnings: readonly CrontabNote[];
}

const OPTIONS: OptionNames<ApplyCrontabOptions> = {
  user: true,
  store: true,
  system: true,
  timezone: true,
  atStart: true,
  maxInstances: true,
  lasting: true,
  logger: true,
};

/** Throws on an unknown option. */
export function checkApplyCrontab(options: object, what: string): void {
  checkKnown<ApplyCrontabOptions>(options, OPTIONS, what);
}

/** Registers the task that runs the commands of crontabs. */
export function registerCrontab(scheduler: Scheduler): void {
  scheduler.registerTask(COMMAND_TASK, commandTask({ clock: scheduler.clock }));
}

/**
 * Applies a table to the user's jobs. An unchanged line keeps its job with next run, pause and history; jobs of lines that
 * are gone are removed, unless another live scheduler has them in its version of the table. Throws a CrontabError, and
 * changes nothing, when a line is wrong.
 */
export async function applyCrontab(
  scheduler: Scheduler,
  text: string,
  options: ApplyCrontabOptions,
): Promise<AppliedCrontab> {
  checkApplyCrontab(options, "applyCrontab");
  const {
    user,
    store,
    system = false,
    timezone,
    atStart = false,
    maxInstances = 1,
    lasting = true,
    logger = console,
  } = options;
  const { entries, warnings, errors } = parseCrontab(text, { system, timezone, user });
  if (errors.length > 0) throw new CrontabError(errors);
  for (const { message } of warnings) logger.warn(message);
  const tag = crontabTag(user);
  const before = new Set((await jobsTagged(scheduler, tag, store)).map(({ id }) => id));
  const lines = [...withIds(entries, user)];
  const specs = lines
    .filter(([id, entry]) => before.has(id) || mayRun(entry, atStart))
    .map(([id, entry]) => ({ ...specOf(entry, system), id, maxInstances }));
  const declared = await scheduler.declareJobs(tag, specs, {
    alsoKeep: lines.map(([id]) => id),
    lasting,
    ...(store === undefined ? {} : { store }),
  });
  return { ...declared, warnings };
}

/** Removes all jobs of the user's table; returns their ids. */
export async function removeCrontab(scheduler: Scheduler, user: string, store?: string): Promise<string[]> {
  const jobs = await jobsTagged(scheduler, crontabTag(user), store);
  for (const { id } of jobs) await removeIfThere(scheduler, id, store);
  return jobs.map(({ id }) => id);
}

/** Returns the tag of the jobs of a user's table. */
export function crontabTag(user: string): string {
  return `crontab:${user}`;
}

/** Reads every job with the tag, over all pages. */
export async function jobsTagged(scheduler: Scheduler, tag: string, store = "default"): Promise<Job[]> {
  const all: Job[] = [];
  let cursor: string | undefined;
  do {
    const page = await scheduler.getJobs({ store, tag, ...(cursor === undefined ? {} : { cursor }) });
    for (const job of page) all.push(job);
    cursor = page.cursor;
  } while (cursor !== undefined);
  return all;
}

/** Returns the id of a line by its text, not by its position; the second of two equal lines has a number. */
function withIds(entries: readonly CrontabEntry[], user: string): Map<string, CrontabEntry> {
  const lines = new Map<string, CrontabEntry>();
  for (const entry of entries) {
    const says = [entry.schedule.split(/[ \t]+/).join(" "), entry.timezone ?? "", entry.user ?? "", entry.text];
    const hash = createHash("sha256").update(JSON.stringify(says)).digest("hex").slice(0, 16);
    let id = `${crontabTag(user)}:${hash}`;
    for (let number = 2; lines.has(id); number++) id = `${crontabTag(user)}:${hash}-${number}`;
    lines.set(id, entry);
  }
  return lines;
}

function mayRun({ trigger }: CrontabEntry, atStart: boolean): boolean {
  return trigger.kind === "reboot" ? atStart : everRuns(trigger);
}

function specOf(entry: CrontabEntry, system: boolean): Omit<DeclaredSpec, "id"> {
  const { command, stdin, environment, user, trigger } = entry;
  return {
    func: COMMAND_TASK,
    name: command.length > 100 ? `${command.slice(0, 99)}…` : command,
    trigger,
    kwargs: {
      command,
      environment,
      ...(stdin === undefined ? {} : { stdin }),
      ...(system && user !== undefined ? { user } : {}),
    },
  };
}

/** Removes a job that another apply of the same table may have removed. */
async function removeIfThere(scheduler: Scheduler, id: string, store: string | undefined): Promise<void> {
  try {
    await scheduler.removeJob(id, store);
  } catch (error) {
    if (!(error instanceof JobNotFoundError)) throw error;
  }
}
