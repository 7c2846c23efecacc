import {
  crontab,
  type DeclaredJobs,
  type DeclaredSpec,
  type Elapsed,
  interval,
  type Json,
  type Logger,
  type RunContext,
  type Trigger,
  type TriggerState,
  triggerFromText,
} from "@headline/scheduler";
import { checkKnown, type OptionNames } from "@headline/scheduler/kit";
import type { ApplyOptions } from "./core/apply-options.js";
import { sendable } from "./core/sendable.js";

/** Crontab by its fields, as Celery has it: a field that is left out is `*`. */
export interface CrontabParts {
  readonly minute?: string | number;
  readonly hour?: string | number;
  readonly dayOfMonth?: string | number;
  readonly monthOfYear?: string | number;
  readonly dayOfWeek?: string | number;
  /** Reads `L`, `LW`, `15W`, `5L` and `fri#3` as well. */
  readonly extended?: boolean;
}

/** Schedule of an entry: seconds, a length of time, a text, a crontab or any trigger. */
export type BeatSchedule = number | Elapsed | string | { readonly crontab: CrontabParts } | Trigger | TriggerState;

/** Entry of the beat schedule: a task, its arguments and its schedule. */
export interface BeatEntry {
  readonly task: string;
  readonly args?: readonly unknown[];
  readonly kwargs?: Readonly<Record<string, unknown>>;
  /** Seconds, `{ minutes: 5 }`, a text that is a trigger (a crontab line, `every 5 minutes`), `{ crontab: { hour: 7 } }`, or any trigger. */
  readonly schedule: BeatSchedule;
  /** Options of each call; `expires` and `countdown` are seconds. */
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

/** Scheduler, as far as beat needs it. */
export interface BeatScheduler {
  registerTask(name: string, fn: (context: RunContext, entry: SentByBeat) => unknown): void;
  declareJobs(set: string, specs: readonly DeclaredSpec[]): Promise<DeclaredJobs>;
}

/** App, as far as beat needs it. */
export interface BeatApp {
  readonly name: string;
  readonly conf: {
    readonly timezone: string | undefined;
    readonly beatSchedule: Readonly<Record<string, BeatEntry>>;
  };
  readonly logger: Logger;
  readonly isClosed: boolean;
  /** Sends a call; resolves with its id. */
  sendTask(name: string, options: ApplyOptions): Promise<{ readonly id: string }>;
}

/** Arguments of a beat job. */
interface SentByBeat {
  readonly task: string;
  readonly [option: string]: Json;
}

/**
 * Declares the jobs of the schedule in the scheduler's store. The task's id is that of the execution: a scheduler that
 * reclaims the run of a dead one sends nothing twice.
 */
export async function declareBeat(app: BeatApp, scheduler: BeatScheduler): Promise<void> {
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

/** Apps by name in each scheduler: of two apps with one name, the last would send the entries of both. */
const appsOf = new WeakMap<BeatScheduler, Map<string, BeatApp>>();

function checkName(app: BeatApp, scheduler: BeatScheduler): void {
  const apps = appsOf.get(scheduler) ?? new Map<string, BeatApp>();
  const known = apps.get(app.name) ?? app;
  if (known !== app && !known.isClosed) {
    throw new TypeError(
      `name: another app "${app.name}" has its beat schedule in this scheduler; give each app a name`,
    );
  }
  appsOf.set(scheduler, apps.set(app.name, app));
}

/** Id of an entry's job; entries of two apps may share a name. */
function jobId(app: BeatApp, name: string): string {
  return `beat:${app.name}:${name}`;
}

function jobOf(app: BeatApp, sender: string, name: string, entry: BeatEntry): DeclaredSpec {
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

/** Throws on an unknown option of an entry or of its calls. */
function checkEntry(name: string, entry: BeatEntry): void {
  const at = `beatSchedule.${name}`;
  const refuse = (field: string, reason: string) => new TypeError(`${at}.${field}: ${reason}`);
  checkKnown<BeatEntry>(entry, ENTRY, "an entry of the beat schedule", refuse);
  const options = (field: string, reason: string) => refuse(`options.${field}`, reason);
  checkKnown<NonNullable<BeatEntry["options"]>>(entry.options ?? {}, ENTRY_OPTIONS, "an entry", options);
}

/** Converts a schedule to a trigger. */
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
