import type { Execution } from "../../core/execution.js";
import { decodeJob, type JobRecord } from "../../core/job-record.js";
import type { ClaimRequest, PlannedRun, ReclaimedInstance, ReclaimResult } from "../../core/job-store.js";
import { type ClaimFilter, claimFilters } from "../claim-filters.js";
import { mostDeliveries, withTaskAck } from "../deliveries.js";
import { askedIds } from "../sql/asked-ids.js";
import { asExecution } from "../sql/execution-row.js";
import { limitOf, ms, msOrNull } from "../sql/values.js";
import type { Row, Session, Sessions } from "./session.js";
import type { Tables } from "./tables.js";
import { startWaiting } from "./waiting.js";
import { EXACT, idList, rowList, WANT_IDS, wantRows } from "./want.js";

/** Reclaims expired leases: one read when there are none, else a transaction over rows that no other scheduler has locked. */
export async function reclaim(sessions: Sessions, tables: Tables, request: ClaimRequest): Promise<ReclaimResult> {
  const { ns, instances, waiting, now } = tables;
  const [state] = await sessions.each((session) =>
    session.rows(
      `SELECT ${now} AS now_ms, (SELECT MIN(lease_until) FROM ${instances} WHERE ns = ?) AS first_ms,
         (SELECT 1 FROM ${waiting} WHERE ns = ? LIMIT 1) AS waiting`,
      [ns, ns],
    ),
  );
  const result = await reclaimInstances(sessions, tables, request, {
    nowMs: ms(state!["now_ms"]),
    firstMs: msOrNull(state!["first_ms"]),
  });
  if (state!["waiting"] === null) return result;
  const limit = request.limit - result.reclaimed.length;
  const started = limit > 0 ? await startWaiting(sessions, tables, request, limit) : [];
  return { ...result, reclaimed: [...result.reclaimed, ...started], hasQueued: true };
}

/** Reclaims or closes the instances with an expired lease. */
async function reclaimInstances(
  sessions: Sessions,
  tables: Tables,
  request: ClaimRequest,
  { nowMs, firstMs }: { readonly nowMs: number; readonly firstMs: number | null },
): Promise<ReclaimResult> {
  if (firstMs === null || firstMs > nowMs) return { nowMs, reclaimed: [], lost: [], nextExpiryMs: firstMs };
  let unanswered: ReclaimResult | undefined;
  return sessions.transaction(async (session) => {
    if (session.again && unanswered !== undefined && (await stands(session, tables, request, unanswered)))
      return unanswered;
    unanswered = await reclaimExpired(session, tables, request, nowMs);
    return unanswered;
  });
}

/** True when the COMMIT whose answer was lost succeeded: then its first instance or execution is as it was left. */
async function stands(
  session: Session,
  { ns, instances, executions }: Tables,
  { owner }: ClaimRequest,
  result: ReclaimResult,
): Promise<boolean> {
  const [taken] = result.reclaimed;
  const [lost] = result.lost;
  const rows =
    taken !== undefined
      ? await session.rows(
          `SELECT 1 FROM ${instances} WHERE ns = ? AND id = ? AND token = ? AND owner = ? FOR UPDATE`,
          [ns, taken.instanceId, taken.token, owner],
        )
      : lost !== undefined
        ? await session.rows(`SELECT 1 FROM ${executions} WHERE ns = ? AND id = ? AND state = ? FOR UPDATE`, [
            ns,
            lost.id,
            lost.state,
          ])
        : [];
  return rows.length > 0;
}

/** Instance with an expired lease, with its readable parts. */
interface Ended {
  readonly row: Row;
  readonly id: string;
  readonly planned: readonly PlannedRun[];
  /** Executions that were asked to end. */
  readonly asked: ReadonlySet<string>;
  /** Job; undefined when the instance may or can not start again. */
  readonly job: JobRecord | undefined;
}

async function reclaimExpired(
  session: Session,
  tables: Tables,
  request: ClaimRequest,
  nowMs: number,
): Promise<ReclaimResult> {
  const { ns, instances } = tables;
  const { leaseMs } = request;
  const limit = limitOf(request.limit, { least: 0, most: 1_000 });
  const mine = runnable(claimFilters(request));
  const rows = await session.rows(
    `SELECT id, token, attempt, offered, runs, spec, cancel_ids, (offered = 1 OR deliveries < max_deliveries) AS again, ${mine.where} AS mine
     FROM ${instances} FORCE INDEX (lease) WHERE ns = ? AND lease_until <= ?
       AND (${mine.where} OR cancel_ids IS NOT NULL OR NOT (offered = 1 OR deliveries < max_deliveries))
     ORDER BY lease_until LIMIT ? FOR UPDATE SKIP LOCKED`,
    [...mine.values, ns, nowMs, ...mine.values, limit],
  );
  const ended = rows.map(readEnded).filter(isOurs);
  const reclaimed = await handOver(session, tables, ended, request, nowMs + leaseMs);
  const kept = new Set(reclaimed.map(({ instanceId }) => instanceId));
  const lost = await lose(
    session,
    tables,
    ended.filter(({ id }) => !kept.has(id)),
    nowMs,
  );
  if (rows.length === limit) return { nowMs, reclaimed, lost, nextExpiryMs: nowMs };
  const [next] = await session.rows(
    `SELECT MIN(lease_until) AS ms FROM ${instances} WHERE ns = ? AND lease_until > ?`,
    [ns, nowMs],
  );
  return { nowMs, reclaimed, lost, nextExpiryMs: msOrNull(next!["ms"]) };
}

/** Returns the instances that one of the filters can run, and those that are unreadable. */
function runnable(filters: readonly ClaimFilter[]): { where: string; values: readonly unknown[] } {
  const each = filters.map(({ executor, tasks }) => {
    const parts = [
      executor === undefined ? "TRUE" : "executor IN (?, '')",
      tasks === undefined ? "TRUE" : `func ${EXACT} IN (?)`,
    ];
    const names = tasks?.length === 0 ? [""] : tasks;
    return { where: `(${parts.join(" AND ")})`, values: [executor, names].filter((value) => value !== undefined) };
  });
  const where = each.length === 0 ? "FALSE" : each.map((filter) => filter.where).join(" OR ");
  return { where: `(${where})`, values: each.flatMap(({ values }) => values) };
}

/** True for an instance that this scheduler should handle: one to start again only with a filter for it, one to close always. */
function isOurs({ row, planned, asked }: Ended): boolean {
  const mayStart = Number(row["again"]) === 1;
  return Number(row["mine"]) === 1 || !mayStart || planned.every(({ executionId }) => asked.has(executionId));
}

function readEnded(row: Row): Ended {
  const id = row["id"] as string;
  const asked = new Set(askedIds(row["cancel_ids"]));
  let planned: readonly PlannedRun[] = [];
  try {
    planned = JSON.parse(row["runs"] as string) as PlannedRun[];
    if (Number(row["again"]) !== 1) return { row, id, planned, asked, job: undefined };
    return { row, id, planned, asked, job: decodeJob(row["spec"] as string, null, 0) };
  } catch {
    // An unreadable instance is lost, and does not keep the others from being reclaimed.
    return { row, id, planned, asked, job: undefined };
  }
}

/** Leases the instances that may start again to `owner`, except those with nothing left to do. */
async function handOver(
  session: Session,
  tables: Tables,
  ended: readonly Ended[],
  { owner, acks }: ClaimRequest,
  leaseUntil: number,
): Promise<ReclaimedInstance[]> {
  const unfinished = await unfinishedOf(
    session,
    tables,
    ended.filter(({ job }) => job !== undefined),
  );
  const reclaimed = ended.flatMap(({ row, id, planned, asked, job }): ReclaimedInstance[] => {
    const runs = planned.filter(({ executionId }) => unfinished.has(executionId));
    if (job === undefined || runs.every(({ executionId }) => asked.has(executionId))) return [];
    const attempt = Number(row["attempt"]) + (Number(row["offered"]) === 1 ? 0 : 1);
    return [{ instanceId: id, token: ms(row["token"]) + 1, attempt, job, runs }];
  });
  if (reclaimed.length === 0) return [];
  const { ns, instances, executions } = tables;
  await session.run(
    `UPDATE ${wantRows("token BIGINT", "attempt INT", "most INT")}
       STRAIGHT_JOIN ${instances} i FORCE INDEX (PRIMARY) ON i.ns = ? AND i.id = want.id ${EXACT}
     SET i.owner = ?, i.token = want.token, i.lease_until = ?, i.attempt = want.attempt,
       i.deliveries = i.deliveries + 1, i.max_deliveries = want.most, i.offered = 0`,
    [
      rowList(
        reclaimed.map(({ instanceId: id, token, attempt, job }) => {
          return { id, token, attempt, most: mostDeliveries(withTaskAck(job, acks)) };
        }),
      ),
      ns,
      owner,
      leaseUntil,
    ],
  );
  const firsts = reclaimed.map(({ runs }) => runs[0]!.executionId);
  await session.run(
    `UPDATE ${WANT_IDS} STRAIGHT_JOIN ${executions} e FORCE INDEX (PRIMARY) ON e.ns = ? AND e.id = want.id ${EXACT}
       STRAIGHT_JOIN ${instances} i FORCE INDEX (PRIMARY) ON i.ns = e.ns AND i.id = e.instance_id
     SET e.owner = i.owner, e.token = i.token, e.state = 'submitted', e.started_ms = NULL,
       e.attempt = IF(e.id IN (?), i.attempt, e.attempt)`,
    [idList(reclaimed.flatMap(({ runs }) => runs.map(({ executionId }) => executionId))), ns, firsts],
  );
  return reclaimed;
}

async function unfinishedOf(session: Session, tables: Tables, ended: readonly Ended[]): Promise<Set<string>> {
  return new Set((await openExecutions(session, tables, ended)).map((row) => row["id"] as string));
}

function openExecutions(session: Session, { ns, executions }: Tables, ended: readonly Ended[]): Promise<Row[]> {
  return session.rows(
    `SELECT e.* FROM ${WANT_IDS} STRAIGHT_JOIN ${executions} e FORCE INDEX (PRIMARY) ON e.ns = ? AND e.id = want.id ${EXACT}
     WHERE e.state IN ('submitted', 'running')`,
    [idList(ended.flatMap(({ planned }) => planned.map(({ executionId }) => executionId))), ns],
  );
}

/** Closes instances; their open executions are lost, or cancelled after a request, and late reports of them are refused. */
async function lose(session: Session, tables: Tables, ended: readonly Ended[], nowMs: number): Promise<Execution[]> {
  if (ended.length === 0) return [];
  const { ns, instances, executions } = tables;
  const open = await openExecutions(session, tables, ended);
  const asked = new Set(ended.flatMap((instance) => [...instance.asked]));
  await session.run(
    `UPDATE ${WANT_IDS} STRAIGHT_JOIN ${executions} e FORCE INDEX (PRIMARY) ON e.ns = ? AND e.id = want.id ${EXACT}
     SET e.state = IF(e.id IN (?), 'cancelled', 'lost'), e.finished_ms = ?, e.token = 0`,
    [idList(open.map((row) => row["id"] as string)), ns, asked.size === 0 ? [""] : [...asked], nowMs],
  );
  await session.run(
    `DELETE i FROM ${WANT_IDS} STRAIGHT_JOIN ${instances} i FORCE INDEX (PRIMARY) ON i.ns = ? AND i.id = want.id ${EXACT}`,
    [idList(ended.map(({ id }) => id)), ns],
  );
  return open.map((row) => {
    const state = asked.has(row["id"] as string) ? "cancelled" : "lost";
    return { ...asExecution(row), state, finishedAt: nowMs, durationMs: null };
  });
}
