import { setImmediate } from "node:timers/promises";
import type { DurationStatistics, Execution, ExecutionPage, ExecutionQuery } from "../../core/execution.js";
import type { ExecutionLog } from "../../core/job-store.js";
import { ADDED_COLUMNS, addedSize, addedValues, asExecution, type SqlRow } from "../sql/execution-row.js";
import { inPieces } from "../sql/in-pieces.js";
import { limitOf, ms } from "../sql/values.js";
import { statisticsOf } from "../statistics-of.js";
import type { SqlValue } from "./driver.js";
import { countInstances } from "./instances.js";
import type { Session, Sessions } from "./session.js";

const LIMIT_DEFAULT = 100;
const LIMIT_MAX = 1_000;
const DURATIONS_OF = 100;
/** Executions that are looked through, or removed, in one turn of the event loop. */
const AT_ONCE = 1_000;

/** Returns the executions, apart from their jobs. */
export function executionLog(sessions: Sessions): ExecutionLog {
  return {
    get: (id) => sessions.read((session) => executionOf(session, id)),
    list: (query) => listExecutions(sessions, query),
    durations: (jobIds) => sessions.read((session) => new Map(jobIds.flatMap((id) => durationsOf(session, id)))),
    countActive: (jobIds) =>
      sessions.read((session) => {
        const counts = jobIds.map((id) => [id, countInstances(session, id)] as const);
        return new Map(counts.filter(([, count]) => count > 0));
      }),
    deleteBefore: (beforeMs, limit) => deleteBefore(sessions, beforeMs, limit),
    addEnded: (executions) => addExecutions(sessions, executions),
  };
}

function executionOf(session: Session, id: string) {
  const [row] = session.rows("SELECT * FROM scheduler_executions WHERE ns = ? AND id = ?", session.ns, id);
  return row && asExecution(row);
}

function durationsOf(session: Session, jobId: string): [string, DurationStatistics][] {
  const rows = session.rows(
    `SELECT finished_ms - started_ms AS ms FROM scheduler_executions
     WHERE ns = ? AND job_id = ? AND state IN ('executed', 'error') AND started_ms IS NOT NULL
     ORDER BY submitted_ms DESC, id DESC LIMIT ?`,
    ...[session.ns, jobId, DURATIONS_OF],
  );
  return rows.length === 0 ? [] : [[jobId, statisticsOf(rows.map((row) => ms(row["ms"])))]];
}

/** Lists newest first; with states, looks through the history some executions at a time. */
async function listExecutions(sessions: Sessions, query: ExecutionQuery): Promise<ExecutionPage> {
  const limit = limitOf(query.limit ?? LIMIT_DEFAULT, { least: 1, most: LIMIT_MAX });
  const found: SqlRow[] = [];
  for (let cursor = query.cursor, isMore = true; isMore && found.length <= limit; ) {
    const from = cursor;
    const piece = await sessions.read((session) =>
      pieceOf(session, { ...query, ...(from !== undefined && { cursor: from }) }, limit + 1),
    );
    found.push(...piece.rows);
    isMore = piece.end !== undefined;
    if (piece.end !== undefined) {
      cursor = cursorOf(piece.end);
      await setImmediate();
    }
  }
  const page = found.slice(0, limit);
  const executions = page.map(asExecution);
  return found.length > limit ? { executions, cursor: cursorOf(page.at(-1)!) } : { executions };
}

/** The next executions, and the last one that was looked at; no last one at the end of the history. */
function pieceOf(session: Session, query: ExecutionQuery, limit: number): { rows: SqlRow[]; end?: SqlRow } {
  const { where, values } = conditions(query);
  const from = `FROM scheduler_executions WHERE ns = ? ${where} ORDER BY submitted_ms DESC, id DESC`;
  const all = [session.ns, ...values];
  const { states } = query;
  if (states === undefined) return { rows: session.rows(`SELECT * ${from} LIMIT ?`, ...all, limit) };
  const rows = session.rows(
    `SELECT * FROM (SELECT * ${from} LIMIT ?) WHERE state IN (SELECT value FROM json_each(?))
     ORDER BY submitted_ms DESC, id DESC LIMIT ?`,
    ...[...all, AT_ONCE, JSON.stringify(states), limit],
  );
  const [end] = session.rows(`SELECT submitted_ms, id ${from} LIMIT 1 OFFSET ?`, ...all, AT_ONCE - 1);
  return end === undefined ? { rows } : { rows, end };
}

function cursorOf(row: SqlRow): string {
  return `${ms(row["submitted_ms"])}:${row["id"] as string}`;
}

function conditions({ jobId, from, to, cursor }: ExecutionQuery): { where: string; values: SqlValue[] } {
  const parts: string[] = [];
  const values: SqlValue[] = [];
  const add = (sql: string, ...more: SqlValue[]) => {
    parts.push(`AND ${sql}`);
    values.push(...more);
  };
  if (jobId !== undefined) add("job_id = ?", jobId);
  if (from !== undefined) add("submitted_ms >= ?", from);
  if (to !== undefined) add("submitted_ms < ?", to);
  if (cursor !== undefined) {
    const at = cursor.indexOf(":");
    add("(submitted_ms, id) < (?, ?)", Number(cursor.slice(0, at)), cursor.slice(at + 1));
  }
  return { where: parts.join(" "), values };
}

async function addExecutions(sessions: Sessions, executions: readonly Execution[]): Promise<number> {
  const added = await sessions.writeEach(inPieces(executions, addedSize), (session, piece) =>
    piece.map((execution) =>
      session.run(
        `INSERT INTO scheduler_executions (ns, ${ADDED_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT DO NOTHING`,
        ...[session.ns, ...addedValues(execution)],
      ),
    ),
  );
  return added.reduce((sum, count) => sum + count, 0);
}

async function deleteBefore(sessions: Sessions, beforeMs: number, limit: number): Promise<number> {
  let removed = 0;
  while (removed < limit) {
    const atOnce = limitOf(limit - removed, { least: 1, most: AT_ONCE });
    const count = await sessions.write((session) =>
      session.run(
        `DELETE FROM scheduler_executions WHERE rowid IN (
           SELECT rowid FROM scheduler_executions INDEXED BY scheduler_executions_history
           WHERE ns = ? AND submitted_ms < ? AND state NOT IN ('queued', 'submitted', 'running')
           ORDER BY submitted_ms LIMIT ?)`,
        ...[session.ns, beforeMs, atOnce],
      ),
    );
    removed += count;
    if (count < atOnce) break;
    await setImmediate();
  }
  return removed;
}
