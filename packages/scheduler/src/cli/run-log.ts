import { systemClock } from "../core/clock.js";
import type { ExecutionEvent } from "../core/events.js";
import type { Logger } from "../core/logger.js";
import type { CommandFailedError, CommandResult } from "../crontab/run-command.js";
import type { Scheduler } from "../scheduler/scheduler.js";

/** Log on stdout: a line for each end of a run, and those of the scheduler. */
export interface RunLog {
  readonly logger: Logger;
  write(event: string, fields: Readonly<Record<string, unknown>>): void;
}

/** Characters of a command's output in a line; its execution has more. */
const OUTPUT_MAX = 2_000;

export function openLog(
  format: "json" | "text",
  out: { write(text: string): unknown } = process.stdout,
  now: () => number = systemClock().now,
): RunLog {
  const write = (event: string, fields: Readonly<Record<string, unknown>>) => {
    const time = new Date(now()).toISOString();
    out.write(
      format === "json" ? `${JSON.stringify({ time, event, ...fields })}\n` : `${time} ${event} ${textOf(fields)}\n`,
    );
  };
  const at = (level: string) => (message: string) => write("log", { level, message });
  return { write, logger: { debug() {}, info: at("info"), warn: at("warn"), error: at("error") } };
}

/** Logs each run of the scheduler. */
export function logRuns(scheduler: Scheduler, log: RunLog): void {
  const fieldsOf = ({ jobId, executionId, scheduledAt, attempt }: ExecutionEvent) => ({
    job: jobId,
    execution: executionId,
    scheduledAt: new Date(scheduledAt).toISOString(),
    ...(attempt > 1 ? { attempt } : {}),
  });
  scheduler.on("job:executed", (event) => {
    const { exitCode, output = "" } = (event.value ?? {}) as Partial<CommandResult>;
    log.write("executed", {
      ...fieldsOf(event),
      durationMs: event.durationMs,
      exitCode,
      output: output.slice(0, OUTPUT_MAX),
    });
  });
  scheduler.on("job:error", (event) => {
    const { message, exitCode } = event.error as Error & Partial<CommandFailedError>;
    const error = (message ?? String(event.error)).slice(0, OUTPUT_MAX);
    log.write("error", { ...fieldsOf(event), durationMs: event.durationMs, exitCode, error });
  });
  scheduler.on("job:missed", (event) => log.write("missed", fieldsOf(event)));
  scheduler.on("job:queued", (event) => log.write("queued", fieldsOf(event)));
  scheduler.on("job:cancelled", (event) => log.write("cancelled", fieldsOf(event)));
  scheduler.on("job:lost", (event) => log.write("lost", fieldsOf(event)));
  scheduler.on("job:maxInstances", ({ jobId, scheduledRunTimes }) => {
    const scheduledAt = scheduledRunTimes.map((at) => new Date(at).toISOString());
    log.write("maxInstances", { job: jobId, scheduledAt });
  });
}

function textOf(fields: Readonly<Record<string, unknown>>): string {
  return Object.entries(fields)
    .filter(([, value]) => value !== undefined && value !== "")
    .map(([name, value]) => (name === "message" ? String(value) : `${name}=${JSON.stringify(value)}`))
    .join(" ");
}
