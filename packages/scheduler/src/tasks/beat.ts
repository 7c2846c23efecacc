import { thrownLine } from "../core/describe-thrown.js";
import type { JobSpec } from "../core/job-spec.js";
import type { Json } from "../core/json.js";
import type { RunContext } from "../core/task.js";
import { crontab } from "../triggers/crontab.js";
import type { Elapsed } from "../triggers/elapsed.js";
import { interval } from "../triggers/interval.js";
import type { Trigger, TriggerState } from "../triggers/trigger.js";
import { triggerFromText } from "../triggers/trigger-from-text.js";
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

/** What beat needs of a scheduler. */
export interface BeatScheduler {
  registerTask(name: string, fn: (context: RunContext, entry: SentByBeat) => unknown): void;
  addJob(spec: JobSpec): Promise<unknown>;
  removeJob(id: string): Promise<unknown>;
  getJobs?(query: { tag?: string }): Promise<readonly { readonly id: string }[]>;
  readonly state?: string;
  once?(name: "scheduler:started", listener: () => void): unknown;
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
  const sender = `beat:${app.name}`;
  scheduler.registerTask(sender, async ({ executionId }, { task, ...options }) => {
    const { id } = await app.sendTask(task, { ...(options as ApplyOptions), taskId: `beat-${executionId}` });
    return id;
  });
  const entries = Object.entries(app.conf.beatSchedule);
  for (const [name, entry] of entries) await scheduler.addJob(jobOf(app, sender, name, entry));
  const kept = new Set(entries.map(([name]) => jobId(app, name)));
  await removeOthers(scheduler, sender, kept);
  if (scheduler.state !== "stopped") return;
  // What earlier processes left in the store shows only once the scheduler has opened it.
  scheduler.once?.("scheduler:started", () => {
    removeOthers(scheduler, sender, kept).catch((error: unknown) =>
      app.logger.warn(`Old entries of the beat schedule could not be removed: ${thrownLine(error)}`),
    );
  });
}

/** Entries of two apps may have one name. */
function jobId(app: TaskApp, name: string): string {
  return `beat:${app.name}:${name}`;
}

function jobOf(app: TaskApp, sender: string, name: string, entry: BeatEntry): JobSpec {
  const { task, args = [], kwargs, options = {} } = entry;
  const sent = { task, args, ...(kwargs === undefined ? {} : { kwargs }), ...options };
  return {
    id: jobId(app, name),
    name,
    func: sender,
    args: [sendable(sent, `beatSchedule.${name}`)],
    trigger: triggerOf(entry.schedule, app.conf.timezone),
    onConflict: "keep",
    tags: [sender],
  };
}

async function removeOthers(scheduler: BeatScheduler, sender: string, kept: ReadonlySet<string>): Promise<void> {
  for (const { id } of (await scheduler.getJobs?.({ tag: sender })) ?? []) {
    if (!kept.has(id)) await scheduler.removeJob(id);
  }
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

function lineOf({
  minute = "*",
  hour = "*",
  dayOfMonth = "*",
  monthOfYear = "*",
  dayOfWeek = "*",
}: CrontabParts): string {
  return [minute, hour, dayOfMonth, monthOfYear, dayOfWeek]
    .map((field) => String(field).replaceAll(/\s/g, ""))
    .join(" ");
}
