import type { BackfillOptions } from "../core/call-options.js";
import { JobNotFoundError, JobSpecError, MaxInstancesError } from "../core/errors.js";
import type { Execution, ExecutionState } from "../core/execution.js";
import type { PauseOptions } from "../core/pause.js";
import type { Overlap } from "../core/task.js";
import { TABLE_TAG } from "../crontab/table-tag.js";
import type { Job } from "../scheduler/job.js";
import type { Scheduler } from "../scheduler/scheduler.js";
import { isoLocal } from "../time/format.js";
import { count, readArguments, UsageError } from "./arguments.js";
import { HELP } from "./help.js";
import { withClient } from "./open-store.js";

const STATES: readonly ExecutionState[] = [
  "queued",
  "submitted",
  "running",
  "executed",
  "error",
  "missed",
  "max_instances",
  "lost",
  "cancelled",
];

/** `sched jobs`: lists jobs by next run, paused ones last. */
export async function jobsCommand(args: string[], env: NodeJS.ProcessEnv): Promise<void> {
  const options = { tag: { type: "string" }, json: { type: "boolean" }, tz: { type: "string" } } as const;
  const given = readArguments(args, env, { help: HELP.jobs, options, operands: [] });
  if (given === undefined) return;
  const { tag, json, tz } = given.values;
  await withClient(given.choice, tz, async (scheduler) => {
    const jobs = (await scheduler.getJobs(tag === undefined ? {} : { tag })).filter(
      ({ tags }) => !tags.includes(TABLE_TAG),
    );
    if (json === true) printLines(jobs.map((job) => JSON.stringify(jobFields(job))));
    else
      printTable(
        ["ID", "NEXT RUN", "TRIGGER", "NAME"],
        jobs.map((job) => jobRow(job, scheduler.timezone)),
      );
  });
}

/** `sched executions`: lists executions, newest first. */
export async function executionsCommand(args: string[], env: NodeJS.ProcessEnv): Promise<void> {
  const options = {
    job: { type: "string" },
    state: { type: "string", multiple: true },
    limit: { type: "string", short: "n", default: "20" },
    json: { type: "boolean" },
    tz: { type: "string" },
  } as const;
  const given = readArguments(args, env, { help: HELP.executions, options, operands: [] });
  if (given === undefined) return;
  const { job, state, json, tz } = given.values;
  const limit = count(given.values.limit, "-n");
  const states = state?.map(checkedState);
  await withClient(given.choice, tz, async (scheduler) => {
    const query = { limit, ...(job === undefined ? {} : { jobId: job }), ...(states === undefined ? {} : { states }) };
    const { executions } = await scheduler.executions(query);
    if (json === true) printLines(executions.map((execution) => JSON.stringify(execution)));
    else
      printTable(
        ["ID", "JOB", "SCHEDULED", "STATE", "MS", "ERROR"],
        executions.map((execution) => executionRow(execution, scheduler.timezone)),
      );
  });
}

/** `sched pause | resume | run | backfill | remove ID`: changes one job. */
export async function changeCommand(action: string, args: string[], env: NodeJS.ProcessEnv): Promise<void> {
  const options = CHANGE_OPTIONS[action] ?? {};
  const given = readArguments(args, env, { help: HELP.change, options, operands: ["ID"] });
  if (given === undefined) return;
  const { store: _store, ns: _ns, ...more } = given.values as Record<string, string | undefined>;
  await withClient(given.choice, undefined, async (scheduler) => {
    try {
      await CHANGES[action]!(scheduler, given.operands[0]!, more);
    } catch (error) {
      if (REFUSALS.some((refusal) => error instanceof refusal)) throw new UsageError((error as Error).message);
      throw error;
    }
  });
}

const REFUSALS = [JobNotFoundError, MaxInstancesError, JobSpecError];

const CHANGE_OPTIONS: Readonly<Record<string, Readonly<Record<string, { readonly type: "string" }>>>> = {
  pause: { until: { type: "string" }, note: { type: "string" } },
  run: { overlap: { type: "string" } },
  backfill: { from: { type: "string" }, to: { type: "string" }, again: { type: "string" } },
};

type Change = (scheduler: Scheduler, id: string, options: Record<string, string | undefined>) => Promise<unknown>;

type Again = NonNullable<BackfillOptions["again"]>;

const CHANGES: Readonly<Record<string, Change>> = {
  pause: (scheduler, id, options) => scheduler.pauseJob(id, options as PauseOptions),
  resume: (scheduler, id) => scheduler.resumeJob(id),
  run: async (scheduler, id, { overlap }) =>
    printLines([await scheduler.runNow(id, undefined, overlap === undefined ? {} : { overlap: overlap as Overlap })]),
  backfill: async (scheduler, id, { from, to, again }) => {
    if (from === undefined || to === undefined) throw new UsageError("--from and --to are both needed: the range");
    const { runs, leftOut } = await scheduler.backfill(id, {
      from,
      to,
      ...(again === undefined ? {} : { again: again.split(",") as Again }),
    });
    printLines(
      runs.map(({ executionId, scheduledAt }) => `${executionId}  ${isoLocal(scheduledAt, scheduler.timezone)}`),
    );
    process.stderr.write(`sched: ${runs.length} to run, ${leftOut} left out\n`);
  },
  remove: (scheduler, id) => scheduler.removeJob(id),
};

function checkedState(text: string): ExecutionState {
  const state = STATES.find((known) => known === text);
  if (state === undefined) throw new UsageError(`--state: ${STATES.join(", ")}, not "${text}"`);
  return state;
}

function jobFields({ id, name, func, trigger, nextRunTime, pausedUntil, pauseNote, overlap, tags }: Job) {
  const pause = { ...(pausedUntil === null ? {} : { pausedUntil }), ...(pauseNote === null ? {} : { pauseNote }) };
  return { id, name, func, trigger: String(trigger), nextRun: nextRunTime, overlap, tags, ...pause };
}

function jobRow({ id, name, trigger, nextRunTime, ended }: Job, timezone: string): string[] {
  const without = ended ? "ended" : "paused";
  return [id, nextRunTime === null ? without : isoLocal(nextRunTime.getTime(), timezone), String(trigger), name];
}

function executionRow({ id, jobId, scheduledAt, state, durationMs, error }: Execution, timezone: string): string[] {
  const reason = error?.split("\n")[0]?.slice(0, 80) ?? "";
  return [id, jobId, isoLocal(scheduledAt, timezone), state, durationMs === null ? "-" : String(durationMs), reason];
}

function printTable(head: readonly string[], rows: readonly (readonly string[])[]): void {
  const lines = [head, ...rows];
  const widths = head.map((_, column) => lines.reduce((width, line) => Math.max(width, line[column]!.length), 0));
  printLines(
    lines.map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join("  ")
        .trimEnd(),
    ),
  );
}

function printLines(lines: readonly string[]): void {
  for (const line of lines) process.stdout.write(`${line}\n`);
}
