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

export interface ApplyCrontabOptions {
  /** Whose table it is: a name for its jobs, not the user they run as. */
  readonly user: string;
  readonly store?: string;
  /** A system table's user field says as whom its commands run. Default false. */
  readonly system?: boolean;
  readonly timezone?: string;
  /** True when this is the scheduler's start: only then `@reboot` lines run. Default false. */
  readonly atStart?: boolean;
  /** Instances of one line that may run at once. cron has no limit; the default here is 1. */
  readonly maxInstances?: number;
  /** False for the table of an operator: the next one may remove its lines while this scheduler runs. Default true. */
  readonly lasting?: boolean;
  readonly logger?: Pick<Logger, "warn">;
}

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

/** Throws on an option that there is not. */
export function checkApplyCrontab(options: object, what: string): void {
  checkKnown<ApplyCrontabOptions>(options, OPTIONS, what);
}

/** Lets this scheduler run the commands of crontabs. */
export function registerCrontab(scheduler: Scheduler): void {
  scheduler.registerTask(COMMAND_TASK, commandTask({ clock: scheduler.clock }));
}

/**
 * Makes the user's jobs what the table says. A line that was there before keeps its job: next run, pause and history;
 * jobs of lines that are gone are removed, unless another live scheduler has them in its version of the table. Throws a CrontabError, and changes nothing, when a line is wrong.
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

/** Removes all the jobs of the user's table; answers their ids. */
export async function removeCrontab(scheduler: Scheduler, user: string, store?: string): Promise<string[]> {
  const jobs = await jobsTagged(scheduler, crontabTag(user), store);
  for (const { id } of jobs) await removeIfThere(scheduler, id, store);
  return jobs.map(({ id }) => id);
}

/** The tag of all the jobs of the user's table. */
export function crontabTag(user: string): string {
  return `crontab:${user}`;
}

/** Every job with the tag, however many pages they fill. */
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

/** A line's id comes from what it says, not from where it stands; the second of two equal lines has a number. */
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

/** Another apply of the same table may have been quicker. */
async function removeIfThere(scheduler: Scheduler, id: string, store: string | undefined): Promise<void> {
  try {
    await scheduler.removeJob(id, store);
  } catch (error) {
    if (!(error instanceof JobNotFoundError)) throw error;
  }
}
