import type { DurationStatistics, Execution, ExecutionPage, ExecutionQuery, ExecutionState } from "../../core/execution.js";
import type { ExecutionLog } from "../../core/job-store.js";
import type { Json } from "../../core/json.js";
import { statisticsOf } from "../statistics-of.js";
import type { Row, Sessions } from "./session.js";
import { ms, msOrNull, type Tables } from "./tables.js";

const LIMIT_DEFAULT = 100;
const DURATIONS_OF = 100;

export function executionLog(sessions: Sessions, { ns, executions, instances }: Tables): ExecutionLog {
  const rows = (sql: string, values: readonly unknown[]) => sessions.read((session) => session.rows(sql, values));
  return {
    async get(id) {
      const [row] = await rows(`SELECT * FROM ${executions} WHERE ns = ? AND id = ?`, [ns, id]);
      return row && asExecution(row);
    },

    async list(query): Promise<ExecutionPage> {
      const { limit = LIMIT_DEFAULT } = query;
      const [where, values] = conditions(query);
      const found = await rows(
        `SELECT * FROM ${executions} WHERE ns = ? ${where} ORDER BY submitted_ms DESC, id DESC LIMIT ?`,
        [ns, ...values, limit + 1],
      );
      const page = found.slice(0, limit).map(asExecution);
      const last = page.at(-1);
      return found.length > limit ? { executions: page, cursor: `${last!.submittedAt}:${last!.id}` } : { executions: page };
    },

    async durations(jobIds) {
      if (jobIds.length === 0) return new Map();
      const one = `(SELECT job_id, finished_ms - started_ms AS ms FROM ${executions}
        WHERE ns = ? AND job_id = ? AND state IN ('executed', 'error') AND started_ms IS NOT NULL
        ORDER BY submitted_ms DESC LIMIT ${DURATIONS_OF})`;
      const sql = jobIds.map(() => one).join(" UNION ALL ");
      return grouped(await rows(sql, jobIds.flatMap((id) => [ns, id])));
    },

    async active(jobIds) {
      if (jobIds.length === 0) return new Map();
      const sql = `SELECT job_id, COUNT(*) AS n FROM ${instances} WHERE ns = ? AND job_id IN (?) GROUP BY job_id`;
      return new Map((await rows(sql, [ns, jobIds])).map((row) => [row["job_id"] as string, Number(row["n"])]));
    },

    deleteBefore: (beforeMs, limit) =>
      sessions.read((session) =>
        session.run(
          `DELETE FROM ${executions} WHERE ns = ? AND submitted_ms < ? AND state NOT IN ('submitted', 'running')
           ORDER BY submitted_ms LIMIT ?`,
          [ns, beforeMs, limit],
        ),
      ),
  };
}

function conditions({ jobId, states, from, to, cursor }: ExecutionQuery): [string, unknown[]] {
  const parts: string[] = [];
  const values: unknown[] = [];
  const add = (sql: string, ...more: unknown[]) => {
    parts.push(`AND ${sql}`);
    values.push(...more);
  };
  if (jobId !== undefined) add("job_id = ?", jobId);
  if (states !== undefined) add("state IN (?)", states.length === 0 ? [""] : states);
  if (from !== undefined) add("submitted_ms >= ?", from);
  if (to !== undefined) add("submitted_ms < ?", to);
  if (cursor !== undefined) {
    const at = cursor.indexOf(":");
    const [submitted, id] = [Number(cursor.slice(0, at)), cursor.slice(at + 1)];
    add("(submitted_ms < ? OR (submitted_ms = ? AND id < ?))", submitted, submitted, id);
  }
  return [parts.join(" "), values];
}

function grouped(rows: readonly Row[]): ReadonlyMap<string, DurationStatistics> {
  const byJob = new Map<string, number[]>();
  for (const row of rows) {
    const durations = byJob.get(row["job_id"] as string) ?? [];
    durations.push(ms(row["ms"]));
    byJob.set(row["job_id"] as string, durations);
  }
  return new Map([...byJob].map(([id, durations]) => [id, statisticsOf(durations)]));
}

export function asExecution(row: Row): Execution {
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
    result: row["result"] === null ? null : (JSON.parse(row["result"] as string) as Json),
    error: row["error"] as string | null,
    stack: row["stack"] as string | null,
  };
}
