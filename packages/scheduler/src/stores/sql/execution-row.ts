import type { Execution, ExecutionState } from "../../core/execution.js";
import type { Json } from "../../core/json.js";
import { UNREADABLE_OUTCOME } from "../unreadable.js";
import { outcomeTexts } from "./report-text.js";
import { ms, msOrNull } from "./values.js";

/** Row of a driver, by the names of its columns. */
export type SqlRow = Readonly<Record<string, unknown>>;

/** As long as the column is. */
const NAME_MAX = 190;

/**
 * Returns the columns of an execution that has ended in another store, in the order of `ADDED_COLUMNS`. It is identified by its own
 * id, as one by hand, and nothing may report on it.
 */
export function addedValues(execution: Execution): (string | number | null)[] {
  const { id, jobId, jobName, scheduledAt, submittedAt, startedAt, finishedAt, state, owner, attempt } = execution;
  const { result, error, stack } = outcomeTexts(id, execution);
  const name = jobName.length <= NAME_MAX ? jobName : [...jobName].slice(0, NAME_MAX).join("");
  const times = [scheduledAt, submittedAt, startedAt, finishedAt];
  return [id, jobId, name, id, ...times, state, owner, 0, "", attempt, result, error, stack];
}

export const ADDED_COLUMNS =
  "id, job_id, job_name, incarnation, scheduled_ms, submitted_ms, started_ms, finished_ms, state, owner, token, instance_id, attempt, result, error, stack";

/** Returns the length of an execution's texts, for batches. */
export function addedSize(execution: Execution): number {
  return addedValues(execution).reduce<number>((sum, value) => sum + (typeof value === "string" ? value.length : 8), 0);
}

/** Reads a row of the executions table. */
export function asExecution(row: SqlRow): Execution {
  const { result, error } = readOutcome(row);
  const startedAt = msOrNull(row["started_ms"]);
  const finishedAt = msOrNull(row["finished_ms"]);
  return {
    id: row["id"] as string,
    jobId: row["job_id"] as string,
    jobName: row["job_name"] as string,
    scheduledAt: ms(row["scheduled_ms"]),
    submittedAt: ms(row["submitted_ms"]),
    startedAt,
    finishedAt,
    durationMs: startedAt === null || finishedAt === null || row["state"] === "lost" ? null : finishedAt - startedAt,
    state: row["state"] as ExecutionState,
    owner: row["owner"] as string,
    attempt: Number(row["attempt"]),
    result,
    error,
    stack: row["stack"] as string | null,
  };
}

/** Reads a result; an unreadable one becomes an error, and does not block other executions. */
function readOutcome(row: SqlRow): Pick<Execution, "result" | "error"> {
  const error = row["error"] as string | null;
  if (row["result"] === null) return { result: null, error };
  try {
    return { result: JSON.parse(row["result"] as string) as Json, error };
  } catch {
    return { result: null, error: error ?? UNREADABLE_OUTCOME };
  }
}
