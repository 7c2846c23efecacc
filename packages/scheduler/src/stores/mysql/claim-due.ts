import { randomUUID } from "node:crypto";
import { thrownMessage } from "../../core/describe-thrown.js";
import { decodeJobOf, type JobRecord, NewerFormatError } from "../../core/job-record.js";
import type { ClaimRequest, ClaimResult } from "../../core/job-store.js";
import { type ClaimFilter, claimFilters } from "../claim-filters.js";
import { earlier, limitOf, ms, msOrNull } from "../sql/values.js";
import { unreadable } from "../unreadable.js";
import type { Row, Session, Sessions } from "./session.js";
import type { Tables } from "./tables.js";
import { EXACT, idList, WANT_IDS } from "./want.js";

/** Time for which a job of a later version of this library is left alone. */
const BROKEN_MS = 60_000;
/** Unreadable rows in one claim. */
const UNREADABLE_MAX = 10;
/** Executor of a row with unreadable JSON. */
const UNREADABLE = "";

/** Claims due jobs: one read when nothing is due, else a transaction over rows that no other scheduler has locked. */
export async function claimDue(sessions: Sessions, tables: Tables, request: ClaimRequest): Promise<ClaimResult> {
  const filters = claimFilters(request);
  const state = await sessions.each((session) => look(session, tables, filters));
  if (!state.isDue) return { nowMs: state.nowMs, jobs: [], nextDueMs: state.nextMs, broken: [] };
  const claims = await claim(sessions, tables, request);
  const nextDueMs = claims.isFull ? claims.nowMs : earlier(state.nextMs, claims.leaseEndMs);
  return { nowMs: claims.nowMs, jobs: claims.jobs, nextDueMs, broken: claims.broken };
}

async function look(session: Session, tables: Tables, filters: readonly ClaimFilter[]) {
  const { ns, jobs, now } = tables;
  const due = withUnreadable(filters).map((filter) => dueIn(tables, filter));
  // The order keeps the server on the due end of the index, where EXISTS may walk through all that is not due yet.
  const [state] = await session.rows(
    `SELECT ${now} AS now_ms,
       COALESCE(${due.map(({ where }) => `(SELECT 1 ${where} ORDER BY next_run_ms LIMIT 1)`).join(", ")}, NULL) AS is_due,
       (SELECT next_run_ms FROM ${jobs} FORCE INDEX (due)
        WHERE ns = ? AND next_run_ms > ${now} ORDER BY next_run_ms LIMIT 1) AS next_ms`,
    [...due.flatMap(({ values }) => values), ns],
  );
  const nowMs = ms(state!["now_ms"]);
  const isDue = state!["is_due"] !== null;
  const nextMs = msOrNull(state!["next_ms"]);
  // With many due jobs this would read all of them, and then the end of a lease does not matter.
  if (isDue) return { nowMs, isDue, nextMs };
  return { nowMs, isDue, nextMs: earlier(nextMs, await leaseEnd(session, jobs, ns, nowMs)) };
}

/** Reads the due jobs of a filter along its executor's index: those of a full executor are not read. */
function dueIn(
  { ns, jobs, now }: Tables,
  { executor, tasks }: ClaimFilter,
): { where: string; values: readonly unknown[] } {
  const [index, ofExecutor] = executor === undefined ? ["due", ""] : ["lane", "AND executor = ?"];
  const where = `FROM ${jobs} FORCE INDEX (${index})
     WHERE ns = ? ${ofExecutor} AND next_run_ms <= ${now} AND lease_until <= ${now} ${known(tasks)}`;
  return { where, values: [ns, ...(executor === undefined ? [] : [executor]), ...knownValues(tasks)] };
}

/** Adds a filter for unreadable rows, which no executor claims and some scheduler must report. */
function withUnreadable(filters: readonly ClaimFilter[]): readonly ClaimFilter[] {
  if (filters.some(({ executor }) => executor === undefined)) return filters;
  return [...filters, { executor: UNREADABLE, limit: UNREADABLE_MAX, tasks: undefined }];
}

interface ClaimedJobs {
  readonly nowMs: number;
  readonly jobs: readonly JobRecord[];
  readonly broken: readonly { readonly id: string; readonly reason: string }[];
  /** True when more jobs may be due. */
  readonly isFull: boolean;
  /** End of the first claim of another scheduler. */
  readonly leaseEndMs: number | null;
}

function claim(sessions: Sessions, tables: Tables, request: ClaimRequest): Promise<ClaimedJobs> {
  let unanswered: ClaimedJobs | undefined;
  return sessions.transaction(async (session) => {
    if (session.again && unanswered !== undefined && (await stands(session, tables, request, unanswered)))
      return unanswered;
    unanswered = await claimOnce(session, tables, request);
    return unanswered;
  });
}

/** True when the COMMIT whose answer was lost succeeded: then its first claim is as it was made. */
async function stands(
  session: Session,
  { ns, jobs }: Tables,
  { owner, leaseMs }: ClaimRequest,
  claimed: ClaimedJobs,
): Promise<boolean> {
  const [first] = claimed.jobs;
  if (first === undefined) return false;
  const rows = await session.rows(
    `SELECT 1 FROM ${jobs} WHERE ns = ? AND id = ? AND version = ? AND lease_owner = ? AND lease_until = ? FOR UPDATE`,
    [ns, first.id, first.version, owner, claimed.nowMs + leaseMs],
  );
  return rows.length > 0;
}

async function claimOnce(session: Session, tables: Tables, request: ClaimRequest): Promise<ClaimedJobs> {
  const { ns, jobs, now } = tables;
  const { owner, leaseMs } = request;
  const rows: Row[] = [];
  let isFull = false;
  for (const filter of withUnreadable(claimFilters(request))) {
    const limit = limitOf(filter.limit, { least: 0, most: 1_000 });
    const found = await dueRows(session, tables, filter, limit);
    rows.push(...found);
    isFull ||= found.length === limit;
  }
  if (rows.length === 0)
    return { nowMs: await clockOf(session, now), jobs: [], broken: [], isFull: false, leaseEndMs: null };
  const nowMs = ms(rows[0]!["now_ms"]);
  const leaseEndMs = isFull ? null : await leaseEnd(session, jobs, ns, nowMs);
  const { claimed, newer, broken } = read(rows);
  const lease = `UPDATE ${WANT_IDS} STRAIGHT_JOIN ${jobs} j FORCE INDEX (PRIMARY) ON j.ns = ? AND j.id = want.id ${EXACT}
                 SET j.lease_owner = ?, j.lease_until = ?, j.version = j.version + 1`;
  if (claimed.length > 0) await session.run(lease, [idList(claimed.map(({ id }) => id)), ns, owner, nowMs + leaseMs]);
  if (newer.length > 0) await session.run(lease, [idList(newer.map(({ id }) => id)), ns, owner, nowMs + BROKEN_MS]);
  if (broken.length > 0) await setAside(session, tables, { broken, owner, nowMs });
  claimed.sort((a, b) => a.nextRunMs! - b.nextRunMs!);
  return { nowMs, jobs: claimed, broken: [...newer, ...broken], isFull, leaseEndMs };
}

function dueRows(session: Session, tables: Tables, filter: ClaimFilter, limit: number): Promise<Row[]> {
  const { where, values } = dueIn(tables, filter);
  return session.rows(
    `SELECT id, next_run_ms, version, spec, ${tables.now} AS now_ms ${where}
     ORDER BY next_run_ms LIMIT ? FOR UPDATE SKIP LOCKED`,
    [...values, limit],
  );
}

interface BrokenRow {
  readonly id: string;
  readonly reason: string;
  readonly runMs: number;
}

function read(rows: readonly Row[]) {
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
async function setAside(
  session: Session,
  { ns, jobs, executions }: Tables,
  { broken, owner, nowMs }: { broken: readonly BrokenRow[]; owner: string; nowMs: number },
): Promise<void> {
  const rows = broken.map(({ id, runMs, reason }) => {
    const name = [...id].slice(0, 190).join("");
    const times = [runMs, nowMs, nowMs];
    return [ns, randomUUID(), id, name, randomUUID(), ...times, "error", owner, 0, "", 1, unreadable(reason)];
  });
  await session.run(
    `INSERT INTO ${executions} (ns, id, job_id, job_name, incarnation, scheduled_ms, submitted_ms, finished_ms, state,
       owner, token, instance_id, attempt, error) VALUES ?`,
    [rows],
  );
  await session.run(
    `UPDATE ${WANT_IDS} STRAIGHT_JOIN ${jobs} j FORCE INDEX (PRIMARY) ON j.ns = ? AND j.id = want.id ${EXACT}
     SET j.next_run_ms = NULL, j.lease_until = 0, j.version = j.version + 1`,
    [idList(broken.map(({ id }) => id)), ns],
  );
}

async function leaseEnd(session: Session, jobs: string, ns: string, nowMs: number): Promise<number | null> {
  const [first] = await session.rows(
    `SELECT MIN(lease_until) AS ms FROM (
       SELECT lease_until FROM ${jobs} FORCE INDEX (due)
       WHERE ns = ? AND next_run_ms <= ? AND lease_until > ? ORDER BY next_run_ms LIMIT 10000) AS claimed`,
    [ns, nowMs, nowMs],
  );
  return msOrNull(first!["ms"]);
}

async function clockOf(session: Session, now: string): Promise<number> {
  const [row] = await session.rows(`SELECT ${now} AS now_ms`);
  return ms(row!["now_ms"]);
}

/** A scheduler without tasks takes nothing: no task has an empty name. */
function known(tasks: readonly string[] | undefined): string {
  return tasks === undefined ? "" : `AND func ${EXACT} IN (?)`;
}

function knownValues(tasks: readonly string[] | undefined): unknown[] {
  return tasks === undefined ? [] : [tasks.length === 0 ? [""] : tasks];
}
