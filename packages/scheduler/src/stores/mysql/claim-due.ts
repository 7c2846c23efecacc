import { decodeJob, type JobRecord } from "../../core/job-record.js";
import type { ClaimRequest, Claims } from "../../core/job-store.js";
import type { Row, Session, Sessions } from "./session.js";
import { limitOf, ms, msOrNull, type Tables } from "./tables.js";
import { EXACT, idList, WANT_IDS } from "./want.js";

/** How long a job that cannot be read is left alone. */
const BROKEN_MS = 60_000;

/** One read when nothing is due; else a transaction that lends out what no other scheduler is looking at. */
export async function claimDue(sessions: Sessions, tables: Tables, request: ClaimRequest): Promise<Claims> {
  const state = await sessions.each((session) => look(session, tables, request));
  if (!state.isDue) return { nowMs: state.nowMs, jobs: [], nextDueMs: state.nextMs, broken: [] };
  const claims = await lend(sessions, tables, request);
  const nextDueMs = claims.isFull ? claims.nowMs : earlier(state.nextMs, claims.leaseEndMs);
  return { nowMs: claims.nowMs, jobs: claims.jobs, nextDueMs, broken: claims.broken };
}

async function look(session: Session, { ns, jobs, now }: Tables, { tasks }: ClaimRequest) {
  // The order keeps the server on the due end of the index, where EXISTS may walk through all that is not due yet.
  const [state] = await session.rows(
    `SELECT ${now} AS now_ms,
       (SELECT 1 FROM ${jobs} FORCE INDEX (due)
        WHERE ns = ? AND next_run_ms <= ${now} AND lease_until <= ${now} ${known(tasks)}
        ORDER BY next_run_ms LIMIT 1) AS is_due,
       (SELECT next_run_ms FROM ${jobs} FORCE INDEX (due)
        WHERE ns = ? AND next_run_ms > ${now} ORDER BY next_run_ms LIMIT 1) AS next_ms`,
    [ns, ...knownValues(tasks), ns],
  );
  const nowMs = ms(state!["now_ms"]);
  const isDue = state!["is_due"] !== null;
  const nextMs = msOrNull(state!["next_ms"]);
  // Where much is due this would look at all of it; and then nobody waits for the end of a lease.
  if (isDue) return { nowMs, isDue, nextMs };
  return { nowMs, isDue, nextMs: earlier(nextMs, await leaseEnd(session, jobs, ns, nowMs)) };
}

interface Lent {
  readonly nowMs: number;
  readonly jobs: readonly JobRecord[];
  readonly broken: readonly { readonly id: string; readonly reason: string }[];
  /** There may be more that is due. */
  readonly isFull: boolean;
  /** When the first claim of another scheduler ends. */
  readonly leaseEndMs: number | null;
}

function lend(sessions: Sessions, tables: Tables, request: ClaimRequest): Promise<Lent> {
  let unanswered: Lent | undefined;
  return sessions.transaction(async (session) => {
    if (session.again && unanswered !== undefined && (await stands(session, tables, request, unanswered)))
      return unanswered;
    unanswered = await lendOnce(session, tables, request);
    return unanswered;
  });
}

/** Whether the COMMIT whose answer was lost was carried out: then the first of its claims is as it was made. */
async function stands(
  session: Session,
  { ns, jobs }: Tables,
  { owner, leaseMs }: ClaimRequest,
  lent: Lent,
): Promise<boolean> {
  const [first] = lent.jobs;
  if (first === undefined) return false;
  const rows = await session.rows(
    `SELECT 1 FROM ${jobs} WHERE ns = ? AND id = ? AND version = ? AND lease_owner = ? AND lease_until = ? FOR UPDATE`,
    [ns, first.id, first.version, owner, lent.nowMs + leaseMs],
  );
  return rows.length > 0;
}

async function lendOnce(session: Session, { ns, jobs, now }: Tables, request: ClaimRequest): Promise<Lent> {
  const { owner, leaseMs, tasks } = request;
  const limit = limitOf(request.limit, { least: 0, most: 1_000 });
  const rows = await session.rows(
    `SELECT id, next_run_ms, version, spec, ${now} AS now_ms FROM ${jobs} FORCE INDEX (due)
     WHERE ns = ? AND next_run_ms <= ${now} AND lease_until <= ${now} ${known(tasks)}
     ORDER BY next_run_ms LIMIT ? FOR UPDATE SKIP LOCKED`,
    [ns, ...knownValues(tasks), limit],
  );
  if (rows.length === 0)
    return { nowMs: await clockOf(session, now), jobs: [], broken: [], isFull: false, leaseEndMs: null };
  const nowMs = ms(rows[0]!["now_ms"]);
  const isFull = rows.length === limit;
  const leaseEndMs = isFull ? null : await leaseEnd(session, jobs, ns, nowMs);
  const { lent, broken } = read(rows);
  const lease = `UPDATE ${WANT_IDS} STRAIGHT_JOIN ${jobs} j FORCE INDEX (PRIMARY) ON j.ns = ? AND j.id = want.id ${EXACT}
                 SET j.lease_owner = ?, j.lease_until = ?, j.version = j.version + 1`;
  if (lent.length > 0) await session.run(lease, [idList(lent.map(({ id }) => id)), ns, owner, nowMs + leaseMs]);
  if (broken.length > 0) await session.run(lease, [idList(broken.map(({ id }) => id)), ns, owner, nowMs + BROKEN_MS]);
  return { nowMs, jobs: lent, broken, isFull, leaseEndMs };
}

function read(rows: readonly Row[]) {
  const lent: JobRecord[] = [];
  const broken: { id: string; reason: string }[] = [];
  for (const { id, next_run_ms, version, spec } of rows) {
    try {
      lent.push(decodeJob(spec as string, ms(next_run_ms), ms(version) + 1));
    } catch (error) {
      broken.push({ id: id as string, reason: (error as Error).message });
    }
  }
  return { lent, broken };
}

async function leaseEnd(session: Session, jobs: string, ns: string, nowMs: number): Promise<number | null> {
  const [first] = await session.rows(
    `SELECT MIN(lease_until) AS ms FROM (
       SELECT lease_until FROM ${jobs} FORCE INDEX (due)
       WHERE ns = ? AND next_run_ms <= ? AND lease_until > ? ORDER BY next_run_ms LIMIT 10000) AS lent`,
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
  return tasks === undefined ? "" : "AND func IN (?)";
}

function knownValues(tasks: readonly string[] | undefined): unknown[] {
  return tasks === undefined ? [] : [tasks.length === 0 ? [""] : tasks];
}

function earlier(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.min(a, b);
}
