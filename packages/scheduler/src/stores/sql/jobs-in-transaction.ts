import { checkDefaults, type JobDefaults } from "../../core/job-policy.js";
import type { JobRecord } from "../../core/job-record.js";
import type { JobSpec } from "../../core/job-spec.js";
import type { WithArguments } from "../../core/json-arguments.js";
import { checkKnown, type OptionNames } from "../../core/known-options.js";
import { idMaker } from "../../core/new-id.js";
import { newJob } from "../../core/new-job.js";
import { portableZone } from "../../time/portable-zone.js";
import type { Trigger } from "../../triggers/trigger.js";
import { checkStorable } from "./check-storable.js";

/** Runs one statement of a transaction that the caller commits, and returns its result: `(sql, params) => connection.query(sql, params)`. */
export type RunSql = (sql: string, params: readonly (string | number | null)[]) => Promise<unknown>;

/** Time zone and defaults of jobs added in a transaction. */
export interface InTransactionOptions {
  /** IANA name of the zone for triggers without one. Default "UTC". */
  readonly timezone?: string;
  readonly jobDefaults?: JobDefaults;
}

const OPTIONS: OptionNames<InTransactionOptions> = { timezone: true, jobDefaults: true };

/** Description of a job in a shared store, with a task's name and an id. */
export type SharedJobSpec = Omit<JobSpec, "store" | "onConflict" | "func" | "id"> & {
  readonly id: string;
  readonly func: string;
};

/** Jobs that exist if and only if the rest of a transaction does. */
export interface JobsInTransaction {
  /** Adds a job, or replaces the job of that id. Throws a JobSpecError that names the attribute. */
  put<Args extends readonly unknown[], Kwargs>(spec: WithArguments<SharedJobSpec, Args, Kwargs>): Promise<void>;
  put(spec: SharedJobSpec): Promise<void>;
  /** Removes a job if it exists. Runs under way go on. */
  remove(id: string): Promise<void>;
}

/** Statement with its values. */
export interface Statement {
  readonly sql: string;
  readonly values: readonly (string | number | null)[];
}

/** Statements of one store's tables. */
export interface JobStatements {
  /** SQL of the server's clock, epoch ms. */
  clock(): string;
  /** Inserts a job, or replaces the job of its id, with a version above that of any earlier one. */
  put(job: JobRecord): readonly Statement[];
  remove(id: string): readonly Statement[];
}

const newId = idMaker(Math.random);

/** Writes jobs in a caller's transaction. Schedulers find them at their next poll, a second after the commit at most. */
export function jobsInTransaction(
  run: RunSql,
  statements: JobStatements,
  options: InTransactionOptions,
): JobsInTransaction {
  checkKnown<InTransactionOptions>(options, OPTIONS, "inTransaction");
  const { timezone = "UTC", jobDefaults = {} } = options;
  checkDefaults(jobDefaults);
  portableZone(timezone);
  const runAll = async (all: readonly Statement[]) => {
    for (const { sql, values } of all) await run(sql, values);
  };
  return {
    async put(spec: SharedJobSpec) {
      const nowMs = isAbsolute(spec) ? Date.now() : clockIn(await run(`SELECT ${statements.clock()} AS now_ms`, []));
      const around = { defaults: jobDefaults, timezone, nowMs, random: Math.random, newId, taskIsKnown: false };
      const job = newJob(spec, around);
      checkStorable(job);
      await runAll(statements.put(job));
    },
    remove: (id) => runAll(statements.remove(id)),
  };
}

/** True for a date that is the same by every clock; other triggers count from the store's clock. */
function isAbsolute({ trigger, nextRunTime, runImmediately }: SharedJobSpec): boolean {
  if (nextRunTime === "now" || runImmediately === true) return false;
  if (trigger === undefined || typeof trigger === "string" || trigger.kind !== "date") return false;
  const state = "next" in trigger ? (trigger as Trigger).toJSON() : trigger;
  return state["runAt"] !== undefined;
}

/** Reads the server's clock from rows alone, beside their fields, or wrapped: as the caller's driver returns them. */
function clockIn(answer: unknown): number {
  if (Array.isArray(answer)) return clockIn(answer[0]);
  const row = answer as { now_ms?: unknown; rows?: unknown } | null | undefined;
  if (row?.rows !== undefined) return clockIn(row.rows);
  const nowMs = Number(row?.now_ms ?? Number.NaN);
  if (Number.isFinite(nowMs)) return nowMs;
  throw new TypeError("run: must return what the statement returns; the server's clock was not in it");
}
