import { checkTexts } from "../core/check-value.js";
import { thrownMessage } from "../core/describe-thrown.js";
import { JobSpecError } from "../core/errors.js";
import { decodeJob, encodeJob, type JobRecord, NewerFormatError } from "../core/job-record.js";
import type { JobStore } from "../core/job-store.js";

const PAGE = 200;

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

/** Result of one line: a job that is new in the store, one whose id is in use there, or one that is left alone. */
export type ImportedLine =
  | { readonly kind: "added" | "kept"; readonly id: string }
  | { readonly kind: "newer" | "refused"; readonly reason: string };

/**
 * Adds the job of an exported line, as it was: with its next run, its pause and its count of runs. A second import of the same
 * line finds the job there. A job of a later version of this library is left alone.
 */
export async function importJob(store: JobStore, line: string): Promise<ImportedLine> {
  let job: JobRecord;
  try {
    job = readLine(line, await store.now());
  } catch (error) {
    return { kind: error instanceof NewerFormatError ? "newer" : "refused", reason: thrownMessage(error) };
  }
  const existing = await store.insert(job);
  return { kind: existing === undefined ? "added" : "kept", id: job.id };
}

/** The version is above that of any earlier job of this id, so that claims of that one are no claims of this one. */
function readLine(line: string, nowMs: number): JobRecord {
  const value = JSON.parse(line) as { readonly nextRunMs?: unknown; readonly job?: unknown } | null;
  const { nextRunMs, job } = value ?? {};
  if (typeof job !== "object" || job === null) throw new SyntaxError("job: is missing");
  if (nextRunMs !== null && !Number.isSafeInteger(nextRunMs))
    throw new SyntaxError("nextRunMs: must be a whole number or null");
  const record = decodeJob(JSON.stringify(job), nextRunMs as number | null, Math.trunc(nowMs));
  checkTexts(record);
  return record;
}
