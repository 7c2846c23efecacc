import { randomUUID } from "node:crypto";
import { thrownMessage } from "../../core/describe-thrown.js";
import { decodeJobOf, type JobRecord, NewerFormatError } from "../../core/job-record.js";
import type { ClaimRequest, ClaimResult } from "../../core/job-store.js";
import { type ClaimFilter, claimFilters } from "../claim-filters.js";
import type { SqlRow } from "../sql/execution-row.js";
import { earlier, limitOf, ms, msOrNull } from "../sql/values.js";
import { unreadable } from "../unreadable.js";
import type { SqlValue } from "./driver.js";
import { known, knownValues } from "./runnable.js";
import type { Session, Sessions } from "./session.js";

/** Jobs of one claim: they are read and written in one turn of the event loop. */
const CLAIM_MAX = 200;
/** Time for which a job of a later version of this library is left alone. */
const NEWER_MS = 60_000;
/** Leased due jobs that are looked through for the first end of a lease. */
const LEASED_MAX = 1_000;

/** Claims due jobs: a read when nothing is due, else one transaction. */
export async function claimDue(sessions: Sessions, request: ClaimRequest): Promise<ClaimResult> {
  const filters = claimFilters(request);
  const idle = await sessions.read((session) =>
    filters.some((filter) => dueRows(session, filter, 1).length > 0) ? undefined : nothingDue(session),
  );
  return idle ?? sessions.write((session) => claim(session, request, filters));
}

function nothingDue(session: Session): ClaimResult {
  const nextDueMs = earlier(nextRun(session), leaseEnd(session));
  return { nowMs: session.nowMs, jobs: [], nextDueMs, broken: [] };
}

function claim(session: Session, { owner, leaseMs }: ClaimRequest, filters: readonly ClaimFilter[]): ClaimResult {
  const { nowMs } = session;
  const leasedUntil = leaseEnd(session);
  const rows: SqlRow[] = [];
  let isFull = false;
  for (const filter of filters) {
    const limit = limitOf(filter.limit, { least: 0, most: CLAIM_MAX });
    const found = dueRows(session, filter, limit);
    rows.push(...found);
    isFull ||= found.length === limit;
  }
  const { claimed, newer, broken } = read(rows);
  for (const { id } of claimed) lease(session, id, owner, nowMs + leaseMs);
  for (const { id } of newer) lease(session, id, owner, nowMs + NEWER_MS);
  for (const row of broken) setAside(session, row, owner);
  claimed.sort((a, b) => a.nextRunMs! - b.nextRunMs!);
  const nextDueMs = isFull ? nowMs : earlier(nextRun(session), leasedUntil);
  return { nowMs, jobs: claimed, nextDueMs, broken: [...newer, ...broken] };
}

/** Reads the due jobs of an executor along its index: those of a full executor are not read. */
function dueRows(session: Session, { executor, tasks }: ClaimFilter, limit: number): SqlRow[] {
  const [index, ofExecutor] =
    executor === undefined ? ["scheduler_jobs_due", ""] : ["scheduler_jobs_lane", "AND executor = ?"];
  const values: SqlValue[] = [session.ns, ...(executor === undefined ? [] : [executor])];
  return session.rows(
    `SELECT id, next_run_ms, version, spec FROM scheduler_jobs INDEXED BY ${index}
     WHERE ns = ? ${ofExecutor} AND next_run_ms <= ? AND lease_until <= ? AND ${known(tasks)}
     ORDER BY next_run_ms LIMIT ?`,
    ...[...values, session.nowMs, session.nowMs, ...knownValues(tasks), limit],
  );
}

function lease(session: Session, id: string, owner: string, until: number): void {
  session.run(
    "UPDATE scheduler_jobs SET lease_owner = ?, lease_until = ?, version = version + 1 WHERE ns = ? AND id = ?",
    ...[owner, until, session.ns, id],
  );
}

interface BrokenRow {
  readonly id: string;
  readonly reason: string;
  readonly runMs: number;
}

function read(rows: readonly SqlRow[]) {
  const claimed: JobRecord[] = [];
  const newer: BrokenRow[] = [];
  const broken: BrokenRow[] = [];
  for (const row of rows) {
    const [id, runMs] = [row["id"] as string, ms(row["next_run_ms"])];
    try {
      claimed.push(decodeJobOf(id, row["spec"] as string, runMs, ms(row["version"]) + 1));
    } catch (error) {
      (error instanceof NewerFormatError ? newer : broken).push({ id, runMs, reason: thrownMessage(error) });
    }
  }
  return { claimed, newer, broken };
}

/** Pauses a job that cannot be read, and records its run as an error, so that the jobs behind it run. */
function setAside(session: Session, { id, reason, runMs }: BrokenRow, owner: string): void {
  const { ns, nowMs } = session;
  session.run(
    `INSERT INTO scheduler_executions (ns, id, job_id, job_name, incarnation, scheduled_ms, submitted_ms, finished_ms,
       state, owner, token, instance_id, attempt, error) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'error', ?, 0, '', 1, ?)`,
    ...[ns, randomUUID(), id, id, randomUUID(), runMs, nowMs, nowMs, owner, unreadable(reason)],
  );
  session.run(
    "UPDATE scheduler_jobs SET next_run_ms = NULL, lease_until = 0, version = version + 1 WHERE ns = ? AND id = ?",
    ...[ns, id],
  );
}

/** Returns the earliest next run that is not due yet. */
function nextRun(session: Session): number | null {
  const [row] = session.rows(
    `SELECT next_run_ms FROM scheduler_jobs INDEXED BY scheduler_jobs_due
     WHERE ns = ? AND next_run_ms > ? ORDER BY next_run_ms LIMIT 1`,
    ...[session.ns, session.nowMs],
  );
  return msOrNull(row?.["next_run_ms"]);
}

/** Returns the first end of a lease of a due job. */
function leaseEnd(session: Session): number | null {
  const { ns, nowMs } = session;
  const [row] = session.rows(
    `SELECT MIN(lease_until) AS ms FROM (
       SELECT lease_until FROM scheduler_jobs INDEXED BY scheduler_jobs_due
       WHERE ns = ? AND next_run_ms <= ? AND lease_until > ? ORDER BY next_run_ms LIMIT ?)`,
    ...[ns, nowMs, nowMs, LEASED_MAX],
  );
  return msOrNull(row?.["ms"]);
}
