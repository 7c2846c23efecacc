import { randomUUID } from "node:crypto";
import { thrownMessage } from "../../core/describe-thrown.js";
import { decodeJobOf, type JobRecord, NewerFormatError } from "../../core/job-record.js";
import type { ClaimRequest, ClaimResult } from "../../core/job-store.js";
import { type ClaimFilter, claimFilters } from "../claim-filters.js";
import { earlier, limitOf, ms, msOrNull } from "../sql/values.js";
import { unreadable } from "../unreadable.js";
import { columns, idList, Params } from "./params.js";
import type { Row, Session, Sessions } from "./session.js";
import type { Tables } from "./tables.js";

/** Time for which a job of a later version of this library is left alone. */
const BROKEN_MS = 60_000;
const NAME_MAX = 190;

/** Claims due jobs: one read when nothing is due, else a transaction over rows that no other scheduler has locked. */
export async function claimDue(sessions: Sessions, tables: Tables, request: ClaimRequest): Promise<ClaimResult> {
  const state = await sessions.each((session) => look(session, tables, claimFilters(request)));
  if (!state.isDue) return { nowMs: state.nowMs, jobs: [], nextDueMs: state.nextMs, broken: [] };
  const claims = await claim(sessions, tables, request);
  const nextDueMs = claims.isFull ? claims.nowMs : earlier(state.nextMs, claims.leaseEndMs);
  return { nowMs: claims.nowMs, jobs: claims.jobs, nextDueMs, broken: claims.broken };
}

async function look(session: Session, tables: Tables, filters: readonly ClaimFilter[]) {
  const { ns, jobs, now } = tables;
  const params = new Params();
  const due = filters.map((filter) => `(SELECT 1 FROM ${jobs} WHERE ${dueIn(tables, filter, params)} LIMIT 1)`);
  const [state] = await session.rows(
    `SELECT ${now} AS now_ms, COALESCE(${[...due, "NULL"].join(", ")}) AS is_due,
       (SELECT next_run_ms FROM ${jobs} WHERE ns = ${params.add(ns)} AND next_run_ms > ${now} ORDER BY next_run_ms LIMIT 1) AS next_ms`,
    params.values,
  );
  const nowMs = ms(state!["now_ms"]);
  const isDue = state!["is_due"] !== null;
  const nextMs = msOrNull(state!["next_ms"]);
  // With many due jobs this would read all of them, and then the end of a lease does not matter.
  if (isDue) return { nowMs, isDue, nextMs };
  return { nowMs, isDue, nextMs: earlier(nextMs, await leaseEnd(session, tables, nowMs)) };
}

/** Returns the condition of the due jobs of a filter. */
function dueIn({ ns, now }: Tables, { executor, tasks }: ClaimFilter, params: Params): string {
  const parts = [`ns = ${params.add(ns)}`, `next_run_ms <= ${now}`, `lease_until <= ${now}`];
  if (executor !== undefined) parts.push(`executor = ${params.add(executor)}`);
  if (tasks !== undefined) parts.push(`func = ANY(${params.add(tasks)}::text[])`);
  return parts.join(" AND ");
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
  { owner }: ClaimRequest,
  claimed: ClaimedJobs,
): Promise<boolean> {
  const [first] = claimed.jobs;
  if (first === undefined) return false;
  const rows = await session.rows(
    `SELECT 1 FROM ${jobs} WHERE ns = $1 AND id = $2 AND version = $3 AND lease_owner = $4 AND lease_until > 0 FOR UPDATE`,
    [ns, first.id, first.version, owner],
  );
  return rows.length > 0;
}

async function claimOnce(session: Session, tables: Tables, request: ClaimRequest): Promise<ClaimedJobs> {
  const rows: Row[] = [];
  const broken: BrokenRow[] = [];
  const jobs: JobRecord[] = [];
  let isFull = false;
  let nowMs: number | undefined;
  for (const filter of claimFilters(request)) {
    const limit = limitOf(filter.limit, { least: 0, most: 1_000 });
    const found = await leaseDue(session, tables, filter, { ...request, limit });
    rows.push(...found);
    isFull ||= found.length === limit;
    nowMs ??= found[0] === undefined ? undefined : ms(found[0]["now_ms"]);
  }
  if (nowMs === undefined)
    return { nowMs: await clockOf(session, tables), jobs: [], broken: [], isFull: false, leaseEndMs: null };
  for (const row of rows) {
    const read = readJob(row);
    if ("reason" in read) broken.push(read);
    else jobs.push(read);
  }
  const leaseEndMs = isFull ? null : await leaseEnd(session, tables, nowMs, request);
  await leaveNewer(
    session,
    tables,
    broken.filter(({ isNewer }) => isNewer),
    nowMs,
  );
  await setAside(session, tables, { broken: broken.filter(({ isNewer }) => !isNewer), owner: request.owner, nowMs });
  jobs.sort((a, b) => a.nextRunMs! - b.nextRunMs!);
  return { nowMs, jobs, broken, isFull, leaseEndMs };
}

/** Leases the due jobs of a filter, the earliest first; returns them as they are now. */
function leaseDue(
  session: Session,
  tables: Tables,
  filter: ClaimFilter,
  { owner, leaseMs, limit }: ClaimRequest,
): Promise<Row[]> {
  const { ns, jobs, now } = tables;
  const params = new Params();
  return session.rows(
    `WITH due AS MATERIALIZED (
       SELECT id FROM ${jobs} WHERE ${dueIn(tables, filter, params)}
       ORDER BY next_run_ms LIMIT ${params.add(limit)} FOR UPDATE SKIP LOCKED)
     UPDATE ${jobs} j SET lease_owner = ${params.add(owner)}, lease_until = ${now} + ${params.add(leaseMs)}::bigint,
       version = j.version + 1
     FROM due WHERE j.ns = ${params.add(ns)} AND j.id = due.id
     RETURNING j.id, j.next_run_ms, j.version, j.spec, ${now} AS now_ms`,
    params.values,
  );
}

interface BrokenRow {
  readonly id: string;
  readonly reason: string;
  readonly runMs: number;
  /** True for a job of a later version of this library. */
  readonly isNewer: boolean;
}

function readJob(row: Row): JobRecord | BrokenRow {
  const [id, runMs] = [row["id"]!, ms(row["next_run_ms"])];
  try {
    return decodeJobOf(id, row["spec"]!, runMs, ms(row["version"]));
  } catch (error) {
    return { id, runMs, reason: thrownMessage(error), isNewer: error instanceof NewerFormatError };
  }
}

async function leaveNewer(
  session: Session,
  { ns, jobs }: Tables,
  newer: readonly BrokenRow[],
  nowMs: number,
): Promise<void> {
  if (newer.length === 0) return;
  await session.run(`UPDATE ${jobs} SET lease_until = $3 WHERE ns = $1 AND id = ANY($2::text[])`, [
    ns,
    idList(newer.map(({ id }) => id)),
    nowMs + BROKEN_MS,
  ]);
}

/** Pauses a job that cannot be read, and records its run as an error, so that the jobs behind it run. */
async function setAside(
  session: Session,
  { ns, jobs, executions }: Tables,
  { broken, owner, nowMs }: { broken: readonly BrokenRow[]; owner: string; nowMs: number },
): Promise<void> {
  if (broken.length === 0) return;
  const rows = broken.map(({ id, runMs, reason }) => ({
    ...{ id: randomUUID(), jobId: id, name: [...id].slice(0, NAME_MAX).join(""), incarnation: randomUUID() },
    ...{ runMs, error: unreadable(reason) },
  }));
  await session.run(
    `INSERT INTO ${executions} (ns, id, job_id, job_name, incarnation, scheduled_ms, error, submitted_ms, finished_ms,
       state, owner, token, instance_id, attempt)
     SELECT $1, want.*, $8::bigint, $8::bigint, 'error', $9, 0, '', 1
     FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::text[]) AS want`,
    [ns, ...columns(rows, "id", "jobId", "name", "incarnation", "runMs", "error"), nowMs, owner],
  );
  await session.run(
    `UPDATE ${jobs} SET next_run_ms = NULL, lease_until = 0, version = version + 1 WHERE ns = $1 AND id = ANY($2::text[])`,
    [ns, idList(broken.map(({ id }) => id))],
  );
}

/** Returns the end of the first lease among the due jobs, without the leases that `own` has just made. */
async function leaseEnd(
  session: Session,
  { ns, jobs }: Tables,
  nowMs: number,
  own: Pick<ClaimRequest, "owner" | "leaseMs"> = { owner: "", leaseMs: 0 },
): Promise<number | null> {
  const [first] = await session.rows(
    `SELECT min(lease_until) AS ms FROM (
       SELECT lease_until FROM ${jobs} WHERE ns = $1 AND next_run_ms <= $2 AND lease_until > $2
         AND (lease_owner = $3 AND lease_until >= $4) IS NOT TRUE
       ORDER BY next_run_ms LIMIT 10000) AS claimed`,
    [ns, nowMs, own.owner, nowMs + own.leaseMs],
  );
  return msOrNull(first!["ms"]);
}

async function clockOf(session: Session, { now }: Tables): Promise<number> {
  const [row] = await session.rows(`SELECT ${now} AS now_ms`);
  return ms(row!["now_ms"]);
}
