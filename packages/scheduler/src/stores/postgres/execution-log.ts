import type { ExecutionPage, ExecutionQuery } from "../../core/execution.js";
import type { ExecutionLog } from "../../core/job-store.js";
import { ADDED_COLUMNS, addedSize, addedValues, asExecution } from "../sql/execution-row.js";
import { inPieces } from "../sql/in-pieces.js";
import { limitOf, ms } from "../sql/values.js";
import { statisticsOf } from "../statistics-of.js";
import { Params } from "./params.js";
import type { Sessions } from "./session.js";
import type { Tables } from "./tables.js";

const LIMIT_DEFAULT = 100;
const LIMIT_MAX = 10_000;
const DURATIONS_OF = 100;
/** Rows in one DELETE: short locks, whatever the retention. */
const DELETE_AT_ONCE = 1_000;

/** The executions, apart from their jobs. */
export function executionLog(sessions: Sessions, { ns, executions, instances }: Tables): ExecutionLog {
  const rows = (sql: string, values: readonly unknown[]) => sessions.each((session) => session.rows(sql, values));
  return {
    async get(id) {
      const [row] = await rows(`SELECT * FROM ${executions} WHERE ns = $1 AND id = $2`, [ns, id]);
      return row && asExecution(row);
    },

    async list(query): Promise<ExecutionPage> {
      const limit = limitOf(query.limit ?? LIMIT_DEFAULT, { least: 1, most: LIMIT_MAX });
      const params = new Params();
      const where = [`ns = ${params.add(ns)}`, ...conditions(query, params)].join(" AND ");
      const found = await rows(
        `SELECT * FROM ${executions} WHERE ${where} ORDER BY submitted_ms DESC, id DESC LIMIT ${params.add(limit + 1)}`,
        params.values,
      );
      const page = found.slice(0, limit).map(asExecution);
      const last = page.at(-1);
      return found.length > limit
        ? { executions: page, cursor: `${last!.submittedAt}:${last!.id}` }
        : { executions: page };
    },

    async durations(jobIds) {
      const found = await rows(
        `SELECT want.id, of_job.ms FROM unnest($2::text[]) AS want (id), LATERAL (
           SELECT finished_ms - started_ms AS ms FROM ${executions}
           WHERE ns = $1 AND job_id = want.id AND state IN ('executed', 'error') AND started_ms IS NOT NULL
           ORDER BY submitted_ms DESC LIMIT ${DURATIONS_OF}) AS of_job`,
        [ns, jobIds],
      );
      const byJob = new Map<string, number[]>();
      for (const row of found) {
        const durations = byJob.get(row["id"]!) ?? [];
        durations.push(ms(row["ms"]));
        byJob.set(row["id"]!, durations);
      }
      return new Map([...byJob].map(([id, durations]) => [id, statisticsOf(durations)]));
    },

    async countActive(jobIds) {
      const found = await rows(
        `SELECT job_id, count(*) AS n FROM ${instances} WHERE ns = $1 AND job_id = ANY($2::text[]) GROUP BY job_id`,
        [ns, jobIds],
      );
      return new Map(found.map((row) => [row["job_id"]!, Number(row["n"])]));
    },

    async deleteBefore(beforeMs, limit) {
      let removed = 0;
      while (removed < limit) {
        const atOnce = limitOf(limit - removed, { least: 1, most: DELETE_AT_ONCE });
        const found = await rows(
          `SELECT id FROM ${executions}
           WHERE ns = $1 AND submitted_ms < $2 AND state NOT IN ('queued', 'submitted', 'running')
           ORDER BY submitted_ms LIMIT $3`,
          [ns, beforeMs, atOnce],
        );
        // Final states do not change, so the two statements need no transaction.
        const ids = found.map((row) => row["id"]);
        if (ids.length > 0) await rows(`DELETE FROM ${executions} WHERE ns = $1 AND id = ANY($2::text[])`, [ns, ids]);
        removed += ids.length;
        if (ids.length < atOnce) break;
      }
      return removed;
    },

    async addEnded(added) {
      let count = 0;
      for (const piece of inPieces(added, addedSize)) {
        const params = new Params();
        const values = piece.map((execution) => {
          const columns = [ns, ...addedValues(execution)].map((value) => params.add(value));
          return `(${columns.join(", ")})`;
        });
        const written = await rows(
          `INSERT INTO ${executions} (ns, ${ADDED_COLUMNS}) VALUES ${values.join(", ")} ON CONFLICT DO NOTHING RETURNING id`,
          params.values,
        );
        count += written.length;
      }
      return count;
    },
  };
}

function conditions({ jobId, states, from, to, cursor }: ExecutionQuery, params: Params): string[] {
  const parts: string[] = [];
  if (jobId !== undefined) parts.push(`job_id = ${params.add(jobId)}`);
  if (states !== undefined) parts.push(`state = ANY(${params.add(states)}::text[])`);
  if (from !== undefined) parts.push(`submitted_ms >= ${params.add(from)}`);
  if (to !== undefined) parts.push(`submitted_ms < ${params.add(to)}`);
  if (cursor !== undefined) {
    const at = cursor.indexOf(":");
    const [submitted, id] = [Number(cursor.slice(0, at)), cursor.slice(at + 1)];
    parts.push(`(submitted_ms, id) < (${params.add(submitted)}, ${params.add(id)})`);
  }
  return parts;
}
