import type { DurationStatistics, Execution, ExecutionPage, ExecutionQuery } from "../../core/execution.js";
import type { ExecutionLog } from "../../core/job-store.js";
import { ADDED_COLUMNS, addedSize, addedValues, asExecution } from "../sql/execution-row.js";
import { inPieces } from "../sql/in-pieces.js";
import { limitOf, ms } from "../sql/values.js";
import { statisticsOf } from "../statistics-of.js";
import type { Row, Sessions } from "./session.js";
import type { Tables } from "./tables.js";
import { EXACT, idList, WANT_IDS } from "./want.js";

const LIMIT_DEFAULT = 100;
const LIMIT_MAX = 10_000;
const DURATIONS_OF = 100;
/** Jobs in one statement about durations. */
const JOBS_AT_ONCE = 100;
/** Rows in one DELETE: short locks, whatever the retention. */
const DELETE_AT_ONCE = 1_000;

/** The executions, apart from their jobs. */

export function executionLog(sessions: Sessions, { ns, executions, instances }: Tables): ExecutionLog {
  const rows = (sql: string, values: readonly unknown[]) => sessions.each((session) => session.rows(sql, values));
  return {
    async get(id) {
      const [row] = await rows(`SELECT * FROM ${executions} WHERE ns = ? AND id = ?`, [ns, id]);
      return row && asExecution(row);
    },

    async list(query): Promise<ExecutionPage> {
      const limit = limitOf(query.limit ?? LIMIT_DEFAULT, { least: 1, most: LIMIT_MAX });
      const [where, values] = conditions(query);
      const found = await rows(
        `SELECT * FROM ${executions} WHERE ns = ? ${where} ORDER BY submitted_ms DESC, id DESC LIMIT ?`,
        [ns, ...values, limit + 1],
      );
      const page = found.slice(0, limit).map(asExecution);
      const last = page.at(-1);
      return found.length > limit
        ? { executions: page, cursor: `${last!.submittedAt}:${last!.id}` }
        : { executions: page };
    },

    async durations(jobIds) {
      const one = `(SELECT job_id, finished_ms - started_ms AS ms FROM ${executions}
        WHERE ns = ? AND job_id = ? AND state IN ('executed', 'error') AND started_ms IS NOT NULL
        ORDER BY submitted_ms DESC LIMIT ${DURATIONS_OF})`;
      const found: Row[] = [];
      for (let from = 0; from < jobIds.length; from += JOBS_AT_ONCE) {
        const ids = jobIds.slice(from, from + JOBS_AT_ONCE);
        found.push(
          ...(await rows(
            ids.map(() => one).join(" UNION ALL "),
            ids.flatMap((id) => [ns, id]),
          )),
        );
      }
      return grouped(found);
    },

    async countActive(jobIds) {
      if (jobIds.length === 0) return new Map();
      const sql = `SELECT job_id, COUNT(*) AS n FROM ${instances} WHERE ns = ? AND job_id IN (?) GROUP BY job_id`;
      return new Map((await rows(sql, [ns, jobIds])).map((row) => [row["job_id"] as string, Number(row["n"])]));
    },

    async deleteBefore(beforeMs, limit) {
      let removed = 0;
      while (removed < limit) {
        const atOnce = limitOf(limit - removed, { least: 1, most: DELETE_AT_ONCE });
        const found = await rows(
          `SELECT id FROM ${executions} WHERE ns = ? AND submitted_ms < ? AND state NOT IN ('queued', 'submitted', 'running')
           ORDER BY submitted_ms LIMIT ?`,
          [ns, beforeMs, atOnce],
        );
        // Final states do not change, so the two statements need no transaction.
        if (found.length > 0) removed += await removeRows(found.map((row) => row["id"] as string));
        if (found.length < atOnce) break;
      }
      return removed;
    },

    async addEnded(added) {
      let count = 0;
      for (const piece of inPieces(added, addedSize)) count += await addPiece(piece);
      return count;
    },
  };

  /** mysql2 has the server count the rows that it found, so those that are there already are left out first. */
  function addPiece(piece: readonly Execution[]): Promise<number> {
    return sessions.transaction(async (session) => {
      const found = await session.rows(
        `SELECT e.id FROM ${WANT_IDS} STRAIGHT_JOIN ${executions} e FORCE INDEX (PRIMARY) ON e.ns = ? AND e.id = want.id ${EXACT}`,
        [idList(piece.map(({ id }) => id)), ns],
      );
      const known = new Set(found.map((row) => row["id"] as string));
      const rows = piece.filter(({ id }) => !known.has(id)).map((execution) => [ns, ...addedValues(execution)]);
      if (rows.length === 0) return 0;
      await session.run(
        `INSERT INTO ${executions} (ns, ${ADDED_COLUMNS}) VALUES ? ON DUPLICATE KEY UPDATE id = VALUES(id)`,
        [rows],
      );
      return rows.length;
    });
  }

  async function removeRows(ids: readonly string[]): Promise<number> {
    await sessions.each((session) =>
      session.run(
        `DELETE e FROM ${WANT_IDS} STRAIGHT_JOIN ${executions} e FORCE INDEX (PRIMARY) ON e.ns = ? AND e.id = want.id ${EXACT}`,
        [idList(ids), ns],
      ),
    );
    return ids.length;
  }
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
