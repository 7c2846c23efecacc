import { checkTexts } from "../core/check-value.js";
import { thrownMessage } from "../core/describe-thrown.js";
import { JobSpecError } from "../core/errors.js";
import { type Execution, type FinalState, isFinalState } from "../core/execution.js";
import { decodeJob, encodeJob, type JobRecord, NewerFormatError } from "../core/job-record.js";
import type { JobStore } from "../core/job-store.js";
import type { Json } from "../core/json.js";

const PAGE = 200;
const FINAL_STATES: readonly FinalState[] = ["executed", "error", "missed", "max_instances", "lost", "cancelled"];

/** Writes the jobs of a store as JSON lines, `{"nextRunMs":…,"job":{…}}`, page by page while schedulers go on. */
export async function* exportedJobs(store: JobStore): AsyncGenerator<string> {
  let cursor: string | undefined;
  do {
    const page = await store.list({ limit: PAGE, ...(cursor !== undefined && { cursor }) });
    for (const job of page.jobs) yield lineOf(job);
    cursor = page.cursor;
  } while (cursor !== undefined);
}

function lineOf(job: JobRecord): string {
  if (typeof job.func !== "string")
    throw new JobSpecError("func", `job "${job.id}" is a function, which no file can hold`);
  return `{"nextRunMs":${job.nextRunMs},"job":${encodeJob(job)}}`;
}

/** Writes the executions of a store that have ended, `{"execution":{…}}`, newest first. Those that end meanwhile may be missing. */
export async function* exportedHistory(store: JobStore): AsyncGenerator<string> {
  let cursor: string | undefined;
  do {
    const page = await store.executions.list({ limit: PAGE, ...(cursor !== undefined && { cursor }) });
    for (const execution of page.executions) if (isFinalState(execution.state)) yield JSON.stringify({ execution });
    cursor = page.cursor;
  } while (cursor !== undefined);
}

/** Result of one line: a job or an execution that is new in the store, one whose id is in use there, or one that is left alone. */
export type ImportedLine =
  | { readonly kind: "added" | "kept"; readonly what: "job" | "execution" }
  | { readonly kind: "newer" | "refused"; readonly reason: string };

/**
 * Adds the job of an exported line, as it was: with its next run, its pause and its count of runs; or its execution. A second import
 * of the same line finds it there. A job of a later version of this library is left alone.
 */
export async function importLine(store: JobStore, line: string): Promise<ImportedLine> {
  let entry: Entry;
  try {
    entry = readLine(line, await store.now());
  } catch (error) {
    return { kind: error instanceof NewerFormatError ? "newer" : "refused", reason: thrownMessage(error) };
  }
  if ("job" in entry) {
    const existing = await store.insert(entry.job);
    return { kind: existing === undefined ? "added" : "kept", what: "job" };
  }
  if (store.executions.addEnded === undefined)
    return { kind: "refused", reason: "this store takes no executions of others" };
  const added = await store.executions.addEnded([entry.execution]);
  return { kind: added > 0 ? "added" : "kept", what: "execution" };
}

type Entry = { readonly job: JobRecord } | { readonly execution: Execution };

function readLine(line: string, nowMs: number): Entry {
  const value = JSON.parse(line) as {
    readonly nextRunMs?: unknown;
    readonly job?: unknown;
    readonly execution?: unknown;
  } | null;
  const { nextRunMs, job, execution } = value ?? {};
  if (isObject(execution)) return { execution: readExecution(execution) };
  if (!isObject(job)) throw new SyntaxError("job: is missing");
  if (nextRunMs !== null && !Number.isSafeInteger(nextRunMs))
    throw new SyntaxError("nextRunMs: must be a whole number or null");
  // The version is above that of any earlier job of this id, so that claims of that one are no claims of this one.
  const record = decodeJob(JSON.stringify(job), nextRunMs as number | null, Math.trunc(nowMs));
  checkTexts(record);
  return { job: record };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Longest texts by which executions are found and shown, as long as the columns of databases. */
const TEXT_MAX = 190;
const isShortText = (value: unknown) =>
  typeof value === "string" && value.length <= TEXT_MAX && !value.includes("\u0000");
const isMoment = (value: unknown) => Number.isSafeInteger(value);
const isMomentOrNull = (value: unknown) => value === null || isMoment(value);
const isTextOrNull = (value: unknown) => value === null || typeof value === "string";

const EXECUTION = {
  id: isShortText,
  jobId: isShortText,
  jobName: (value: unknown) => typeof value === "string" && !value.includes("\u0000"),
  scheduledAt: isMoment,
  submittedAt: isMoment,
  startedAt: isMomentOrNull,
  finishedAt: isMomentOrNull,
  state: (value: unknown) => FINAL_STATES.includes(value as FinalState),
  owner: isShortText,
  attempt: isMoment,
  error: isTextOrNull,
  stack: isTextOrNull,
} as const;

function readExecution(value: Readonly<Record<string, unknown>>): Execution {
  const wrong = Object.entries(EXECUTION).find(([name, isRight]) => !isRight(value[name]));
  if (wrong !== undefined)
    throw new SyntaxError(`execution.${wrong[0]}: cannot be ${JSON.stringify(value[wrong[0]])?.slice(0, 200)}`);
  const { result = null } = value;
  return { ...(value as unknown as Execution), result: result as Json };
}
