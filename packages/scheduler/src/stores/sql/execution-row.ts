import type { Execution, ExecutionState } from "../../core/execution.js";
import type { Json } from "../../core/json.js";
import { UNREADABLE_OUTCOME } from "../unreadable.js";
import { ms, msOrNull } from "./values.js";

/** Row of a driver, by the names of its columns. */
export type SqlRow = Readonly<Record<string, unknown>>;

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
