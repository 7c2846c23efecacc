import {
  crontab,
  type DeclaredJobs,
  type DeclaredSpec,
  type Elapsed,
  interval,
  type Json,
  type RunContext,
  type Trigger,
  type TriggerState,
  triggerFromText,
} from "@headline/scheduler";
import { checkKnown, type OptionNames } from "@headline/scheduler/kit";
import type { ApplyOptions } from "./apply-options.js";
import { sendable } from "./sendable.js";
import type { TaskApp } from "./task-app.js";

/** Celery's form of a crontab: a field that is left out is `*`. */
export interface CrontabParts {
  readonly minute?: string | number;
  readonly hour?: string | number;
  readonly dayOfMonth?: string | number;
  readonly monthOfYear?: string | number;
  readonly dayOfWeek?: string | number;
  /** Reads `L`, `LW`, `15W`, `5L` and `fri#3` as well. */
  readonly extended?: boolean;
}

export type BeatSchedule = number | Elapsed | string | { readonly crontab: CrontabParts } | Trigger | TriggerState;

/** One line of the beat schedule. */
export interface BeatEntry {
  readonly task: string;
  readonly args?: readonly unknown[];
  readonly kwargs?: Readonly<Record<string, unknown>>;
  /** Seconds, `{ minutes: 5 }`, a text that `addJob` takes as a trigger (a crontab line, `every 5 minutes`), `{ crontab: { hour: 7 } }`, or any trigger. */
  readonly schedule: BeatSchedule;
  /** How each is sent: queue, priority, expires (seconds), countdown (seconds). */
  readonly options?: Pick<ApplyOptions, "queue" | "priority" | "countdown" | "retries" | "maxRetries"> & {
    readonly expires?: number;
  };
}

const ENTRY: OptionNames<BeatEntry> = { task: true, args: true, kwargs: true, schedule: true, options: true };
const ENTRY_OPTIONS: OptionNames<NonNullable<BeatEntry["options"]>> = {
  queue: true,
  priority: true,
  countdown: true,
  retries: true,
  maxRetries: true,
  expires: true,
};
const CRONTAB: OptionNames<CrontabParts> = {
  minute: true,
  hour: true,
  dayOfMonth: true,
  monthOfYear: true,
  dayOfWeek: true,
  extended: true,
};

/** What beat needs of a scheduler. */
export interface BeatScheduler {
  registerTask(name: string, fn: (context: RunContext, entry: SentByBeat) => unknown): void;
  declareJobs(set: string, specs: readonly DeclaredSpec[]): Promise<DeclaredJobs>;
}

/** The arguments of a beat job. */
interface SentByBeat {
  readonly task: string;
  readonly [option: string]: Json;
}

/**
 * The jobs of the schedule, in the scheduler's store. The task's id is the execution's, so a scheduler that takes over
 * from one that died while sending sends nothing twice.
 */
export async function keepBeat(app: TaskApp, scheduler: BeatScheduler): Promise<void> {
  checkName(app, scheduler);
  const sender = `beat:${app.name}`;
  scheduler.registerTask(sender, async ({ executionId }, { task, ...options }) => {
    const { id } = await app.sendTask(task, { ...(options as ApplyOptions), taskId: `beat-${executionId}` });
    return id;
  });
  const entries = Object.entries(app.conf.beatSchedule);
  const { left } = await scheduler.declareJobs(
    sender,
    entries.map(([name, entry]) => jobOf(app, sender, name, entry)),
  );
  if (left.length === 0) return;
  app.logger.warn(
    `Beat entries that another live process declares stay: ${left.join(", ")}; should that be another app than this, give each app a name`,
  );
}

/** In one scheduler, the app of each name: entries of two apps of one name would be sent by the last one. */
const appsOf = new WeakMap<BeatScheduler, Map<string, TaskApp>>();

function checkName(app: TaskApp, scheduler: BeatScheduler): void {
  const apps = appsOf.get(scheduler) ?? new Map<string, TaskApp>();
  const known = apps.get(app.name) ?? app;
  if (known !== app && !known.isClosed) {
    throw new TypeError(
      `name: another app "${app.name}" has its beat schedule in this scheduler; give each app a name`,
    );
  }
  appsOf.set(scheduler, apps.set(app.name, app));
}

/** Entries of two apps may have one name. */
function jobId(app: TaskApp, name: string): string {
  return `beat:${app.name}:${name}`;
}

function jobOf(app: TaskApp, sender: string, name: string, entry: BeatEntry): DeclaredSpec {
  checkEntry(name, entry);
  const { task, args = [], kwargs, options = {} } = entry;
  const sent = { task, args, ...(kwargs === undefined ? {} : { kwargs }), ...options };
  return {
    id: jobId(app, name),
    name,
    func: sender,
    args: [sendable(sent, `beatSchedule.${name}`)],
    trigger: triggerOf(entry.schedule, app.conf.timezone),
  };
}

/** Throws on an option that no entry has, or that its calls do not take. */
function checkEntry(name: string, entry: BeatEntry): void {
  const at = `beatSchedule.${name}`;
  const refuse = (field: string, reason: string) => new TypeError(`${at}.${field}: ${reason}`);
  checkKnown<BeatEntry>(entry, ENTRY, "an entry of the beat schedule", refuse);
  const options = (field: string, reason: string) => refuse(`options.${field}`, reason);
  checkKnown<NonNullable<BeatEntry["options"]>>(entry.options ?? {}, ENTRY_OPTIONS, "an entry", options);
}

/** The trigger that a schedule means. */
export function triggerOf(schedule: BeatSchedule, timezone: string | undefined): Trigger | TriggerState {
  const zone = timezone === undefined ? {} : { timezone };
  if (typeof schedule === "number") return interval({ seconds: schedule, ...zone });
  if (typeof schedule === "string") return triggerFromText(schedule, timezone);
  if ("crontab" in schedule) {
    const { extended, ...parts } = schedule.crontab as CrontabParts;
    return crontab(lineOf(parts), { ...zone, extended });
  }
  if ("kind" in schedule) return schedule as Trigger | TriggerState;
  return interval({ ...(schedule as Elapsed), ...zone });
}

function lineOf(parts: CrontabParts): string {
  checkKnown<CrontabParts>(parts, CRONTAB, "crontab");
  const { minute = "*", hour = "*", dayOfMonth = "*", monthOfYear = "*", dayOfWeek = "*" } = parts;
  return [minute, hour, dayOfMonth, monthOfYear, dayOfWeek]
    .map((field) => String(field).replaceAll(/\s/g, ""))
    .join(" ");
}
