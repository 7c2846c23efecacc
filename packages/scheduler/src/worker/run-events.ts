import { describeThrown, thrownLine } from "../core/describe-thrown.js";
import type { Execution } from "../core/execution.js";
import type { JobRecord } from "../core/job-record.js";
import type { ClaimResult, NewInstance, QueuedResult, ReclaimedInstance } from "../core/job-store.js";
import { jobText, runTimeText } from "../core/job-text.js";
import type { Json } from "../core/json.js";
import type { Missing } from "../core/orphans.js";
import { durationText } from "../time/duration-text.js";
import type { ActiveRun } from "./active-run.js";
import type { LeasedInstance } from "./leased-instance.js";
import type { WorkerHost } from "./worker-host.js";

/** Final state of a run, with its value or error. */
export interface RunEnd {
  readonly state: "executed" | "error" | "missed" | "cancelled";
  readonly finishedAt: number;
  readonly value?: Json | undefined;
  readonly error?: unknown;
}

/** Log lines, in APScheduler's words where it has them, and events of one store's runs. */
export class RunEvents {
  constructor(
    private readonly alias: string,
    private readonly host: Pick<WorkerHost, "logger" | "verbose" | "timezone" | "events">,
  ) {}

  submitted({ job, runs }: LeasedInstance): void {
    if (!this.host.events.wants("job:submitted")) return;
    const scheduledRunTimes = runs.map((run) => run.scheduledAt);
    this.host.events.emit("job:submitted", { jobId: job.id, store: this.alias, scheduledRunTimes });
  }

  started(run: ActiveRun): void {
    const { verbose, timezone, logger, events } = this.host;
    if (verbose) {
      const at = runTimeText(run.scheduledAt, timezone);
      logger.info(`Running job "${jobText(run.job, timezone)}" (scheduled at ${at})`);
    }
    if (events.wants("job:started")) events.emit("job:started", this.#eventOf(run));
  }

  ended(run: ActiveRun, { state, finishedAt, value, error }: RunEnd): void {
    const { events, logger, verbose, timezone } = this.host;
    if (state === "executed") {
      if (verbose) logger.info(`Job "${jobText(run.job, timezone)}" executed successfully`);
      if (!events.wants("job:executed")) return;
      events.emit("job:executed", { ...this.#eventOf(run), value, durationMs: finishedAt - run.startedAt! });
    } else if (state === "error") {
      const durationMs = run.startedAt === null ? null : finishedAt - run.startedAt;
      events.emit("job:error", { ...this.#eventOf(run), error, durationMs });
    } else if (state === "missed") events.emit("job:missed", this.#eventOf(run));
    else events.emit("job:cancelled", this.#eventOf(run));
  }

  failed(run: ActiveRun, error: unknown): void {
    this.host.logger.error(
      `Job "${jobText(run.job, this.host.timezone)}" raised an exception: ${describeThrown(error).stack}`,
    );
  }

  missed(run: ActiveRun, lateMs: number): void {
    const text = jobText(run.job, this.host.timezone);
    this.host.logger.warn(`Run time of job "${text}" was missed by ${durationText(lateMs)}`);
  }

  retryScheduled(run: ActiveRun, error: unknown, retryAt: number): void {
    this.host.events.emit("job:retry", { ...this.#eventOf(run), error, retryAt });
  }

  cancelled(run: ActiveRun): void {
    this.host.events.emit("job:cancelled", this.#eventOf(run));
  }

  /** The store refused the end of a run: its lease was lost before. */
  endRefused(run: ActiveRun): void {
    this.host.logger.warn(
      `The end of job "${run.jobName}" (execution ${run.executionId}) came after its lease was lost`,
    );
    this.host.events.emit("job:lost", this.#eventOf(run));
  }

  leaseLost({ job, run }: LeasedInstance): void {
    this.host.logger.warn(`The lease of job "${job.name}" (execution ${run.executionId}) was lost while it ran`);
  }

  rescued({ job, attempt, wasQueued }: ReclaimedInstance): void {
    if (wasQueued === true) this.host.logger.info(`Job "${job.name}" starts, having waited for the run before it`);
    else this.host.logger.info(`Took over job "${job.name}" (attempt ${attempt})`);
  }

  /** The store gave up a run of another scheduler. */
  lost({ id, jobId, jobName, scheduledAt, attempt, state }: Execution): void {
    const event = { executionId: id, jobId, store: this.alias, scheduledAt, attempt };
    if (state === "cancelled") {
      this.host.events.emit("job:cancelled", event);
      return;
    }
    this.host.logger.error(
      `Job "${jobName}" (execution ${id}) was lost: the scheduler that ran it ended or did not renew its lease`,
    );
    this.host.events.emit("job:lost", event);
  }

  tooManyInstances(job: JobRecord, scheduledRunTimes: readonly number[]): void {
    const text = jobText(job, this.host.timezone);
    this.host.logger.warn(
      `Execution of job "${text}" skipped: maximum number of running instances reached (${job.maxInstances})`,
    );
    this.host.events.emit("job:maxInstances", { jobId: job.id, store: this.alias, scheduledRunTimes });
  }

  /** The last run waits in the store; the runs before it, and the one that waited until now, are skipped. */
  queued({ job, runs }: NewInstance, { superseded }: QueuedResult): void {
    const skipped = [...superseded, ...runs.slice(0, -1)].map(({ scheduledAt }) => scheduledAt);
    if (skipped.length > 0) {
      const text = jobText(job, this.host.timezone);
      this.host.logger.info(`Execution of job "${text}" skipped: a later run waits in its place`);
      this.host.events.emit("job:maxInstances", { jobId: job.id, store: this.alias, scheduledRunTimes: skipped });
    }
    const { executionId, scheduledAt } = runs.at(-1)!;
    this.host.events.emit("job:queued", { executionId, jobId: job.id, store: this.alias, scheduledAt, attempt: 1 });
  }

  /** A backlog was longer than what is kept of it. */
  backlogTruncated(job: JobRecord, { runs }: NewInstance): void {
    const text = jobText(job, this.host.timezone);
    this.host.logger.warn(`Job "${text}" missed more runs than are kept: only the last ${runs.length} run`);
    const { executionId } = runs[0]!;
    const event = { executionId, jobId: job.id, store: this.alias, scheduledAt: job.nextRunMs!, attempt: 1 };
    this.host.events.emit("job:missed", { ...event, skipped: 1 });
  }

  /** The job has reached `maxRuns`; without a next run it stays until its history is pruned. */
  endedByLimit({ id, name }: JobRecord, runs: number): void {
    if (this.host.verbose) this.host.logger.info(`Job "${name}" has ended after ${runs} runs`);
    this.host.events.emit("job:ended", { jobId: id, store: this.alias, reason: "maxRuns", runs });
  }

  /** The trigger has ended, so the store removed the job. */
  removed({ id }: JobRecord): void {
    if (this.host.events.wants("job:ended")) {
      this.host.events.emit("job:ended", { jobId: id, store: this.alias, reason: "trigger" });
    }
    if (this.host.verbose) this.host.logger.info(`Removed job ${id}`);
    if (this.host.events.wants("job:removed")) {
      this.host.events.emit("job:removed", { jobId: id, store: this.alias });
    }
  }

  /** The rules of the trigger's time zone have changed, and the next run with them. */
  nextRunMoved({ id, name, nextRunMs }: JobRecord, job: JobRecord): void {
    const { logger, timezone, events } = this.host;
    if (nextRunMs === job.nextRunMs || nextRunMs === null || job.nextRunMs === null) return;
    const [from, to] = [runTimeText(nextRunMs, timezone), runTimeText(job.nextRunMs, timezone)];
    logger.info(`The rules of the time zone of job "${name}" have changed: its next run is at ${to}, not at ${from}`);
    events.emit("job:modified", { jobId: id, store: this.alias });
  }

  triggerFailed({ id, name }: JobRecord, error: unknown): void {
    const stack = describeThrown(error).stack;
    this.host.logger.error(`The trigger of job "${name}" (${id}) failed, the job is paused: ${stack}`);
  }

  /** The store refused a request about a job. */
  dispatchRefused(jobId: string, error: unknown): void {
    this.host.logger.error(`Job store "${this.alias}" refused a run of job "${jobId}": ${thrownLine(error)}`);
  }

  /** A run ended as an error before it could start. */
  failedBeforeStart({ id }: JobRecord, run: { executionId: string; scheduledAt: number; error: unknown }): void {
    this.host.events.emit("job:error", { ...run, jobId: id, store: this.alias, attempt: 1, durationMs: null });
  }

  orphaned(job: JobRecord, { missing, name }: Missing): void {
    const text = jobText(job, this.host.timezone);
    this.host.logger.warn(`Job "${text}" is due and cannot run: no live scheduler has the ${missing} "${name}"`);
    this.host.events.emit("job:orphaned", { jobId: job.id, store: this.alias, missing, name });
  }

  unreadable({ broken }: ClaimResult): void {
    for (const { id, reason } of broken) {
      this.host.logger.error(`Unable to read job "${id}" of job store "${this.alias}": ${reason}`);
    }
  }

  #eventOf(run: ActiveRun) {
    const { executionId, jobId, scheduledAt, attempt } = run;
    return { executionId, jobId, store: this.alias, scheduledAt, attempt };
  }
}
