import type { Execution } from "../../core/execution.js";
import { decodeJob, type JobRecord } from "../../core/job-record.js";
import type { ClaimRequest, PlannedRun, ReclaimedInstance, ReclaimResult } from "../../core/job-store.js";
import { type ClaimFilter, claimFilters } from "../claim-filters.js";
import { mostDeliveries, withTaskAck } from "../deliveries.js";
import { askedIds } from "../sql/asked-ids.js";
import { asExecution } from "../sql/execution-row.js";
import { limitOf, ms, msOrNull } from "../sql/values.js";
import { columns, idList, Params } from "./params.js";
import type { Row, Session, Sessions } from "./session.js";
import type { Tables } from "./tables.js";
import { startWaiting } from "./waiting.js";

/** Reclaims expired leases: one read when there are none, else a transaction over rows that no other scheduler has locked. */
export async function reclaim(sessions: Sessions, tables: Tables, request: ClaimRequest): Promise<ReclaimResult> {
  const { ns, instances, waiting, now } = tables;
  const [state] = await sessions.each((session) =>
    session.rows(
      `SELECT ${now} AS now_ms, (SELECT min(lease_until) FROM ${instances} WHERE ns = $1) AS first_ms,
         (SELECT 1 FROM ${waiting} WHERE ns = $1 LIMIT 1) AS waiting`,
      [ns],
    ),
  );
  const result = await reclaimExpired(sessions, tables, request, {
    nowMs: ms(state!["now_ms"]),
    firstMs: msOrNull(state!["first_ms"]),
  });
  if (state!["waiting"] === null) return result;
  const limit = request.limit - result.reclaimed.length;
  const started = limit > 0 ? await startWaiting(sessions, tables, request, limit) : [];
  return { ...result, reclaimed: [...result.reclaimed, ...started], hasQueued: true };
}

/** Reclaims or closes the instances with an expired lease. */
async function reclaimExpired(
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
    unanswered = await reclaimOnce(session, tables, request, nowMs);
    return unanswered;
  });
}

/** True when the COMMIT whose answer was lost succeeded: then its first instance or execution is as it was left. */
async function stands(
  session: Session,
  { ns, instances, executions }: Tables,
  { owner }: ClaimRequest,
  { reclaimed: [taken], lost: [lost] }: ReclaimResult,
): Promise<boolean> {
  if (taken !== undefined) {
    const rows = await session.rows(
      `SELECT 1 FROM ${instances} WHERE ns = $1 AND id = $2 AND token = $3 AND owner = $4 FOR UPDATE`,
      [ns, taken.instanceId, taken.token, owner],
    );
    return rows.length > 0;
  }
  if (lost === undefined) return false;
  const rows = await session.rows(`SELECT 1 FROM ${executions} WHERE ns = $1 AND id = $2 AND state = $3 FOR UPDATE`, [
    ...[ns, lost.id, lost.state],
  ]);
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

const MAY_START = "(released = 1 OR deliveries < max_deliveries)";

async function reclaimOnce(
  session: Session,
  tables: Tables,
  request: ClaimRequest,
  nowMs: number,
): Promise<ReclaimResult> {
  const { ns, instances } = tables;
  const limit = limitOf(request.limit, { least: 0, most: 1_000 });
  const params = new Params();
  const isMine = runnable(claimFilters(request), params);
  const rows = await session.rows(
    `SELECT id, token, attempt, released, runs, spec, cancel_ids, CASE WHEN ${MAY_START} THEN 1 ELSE 0 END AS may_start,
       CASE WHEN ${isMine} THEN 1 ELSE 0 END AS is_mine
     FROM ${instances} WHERE ns = ${params.add(ns)} AND lease_until <= ${params.add(nowMs)}
       AND (${isMine} OR cancel_ids IS NOT NULL OR NOT ${MAY_START})
     ORDER BY lease_until LIMIT ${params.add(limit)} FOR UPDATE SKIP LOCKED`,
    params.values,
  );
  const ended = rows.map(readEnded).filter(isOurs);
  const reclaimed = await handOver(session, tables, ended, request, nowMs + request.leaseMs);
  const kept = new Set(reclaimed.map(({ instanceId }) => instanceId));
  const toClose = ended.filter(({ id }) => !kept.has(id));
  const lost = await lose(session, tables, toClose, nowMs);
  if (rows.length === limit) return { nowMs, reclaimed, lost, nextExpiryMs: nowMs };
  const [next] = await session.rows(
    `SELECT min(lease_until) AS ms FROM ${instances} WHERE ns = $1 AND lease_until > $2`,
    [ns, nowMs],
  );
  return { nowMs, reclaimed, lost, nextExpiryMs: msOrNull(next!["ms"]) };
}

/** Returns the condition of the instances that one of the filters lets through. */
function runnable(filters: readonly ClaimFilter[], params: Params): string {
  const each = filters.map(({ executor, tasks }) => {
    const parts = ["TRUE"];
    if (executor !== undefined) parts.push(`executor = ${params.add(executor)}`);
    if (tasks !== undefined) parts.push(`func = ANY(${params.add(tasks)}::text[])`);
    return parts.join(" AND ");
  });
  return `(${each.length === 0 ? "FALSE" : each.join(" OR ")})`;
}

/** True for an instance that this scheduler should handle: one to start again only with a filter for it, one to close always. */
function isOurs({ row, planned, asked }: Ended): boolean {
  const mayStart = row["may_start"] === "1";
  return row["is_mine"] === "1" || !mayStart || planned.every(({ executionId }) => asked.has(executionId));
}

function readEnded(row: Row): Ended {
  const id = row["id"]!;
  const asked = new Set(askedIds(row["cancel_ids"]));
  let planned: readonly PlannedRun[] = [];
  try {
    planned = JSON.parse(row["runs"]!) as PlannedRun[];
    if (row["may_start"] !== "1") return { row, id, planned, asked, job: undefined };
    return { row, id, planned, asked, job: decodeJob(row["spec"]!, null, 0) };
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
  const startable = ended.filter(({ job }) => job !== undefined);
  const unfinished = new Set((await openExecutions(session, tables, startable)).map((row) => row["id"]!));
  const reclaimed = startable.flatMap(({ row, id, planned, asked, job }): ReclaimedInstance[] => {
    const runs = planned.filter(({ executionId }) => unfinished.has(executionId));
    if (runs.every(({ executionId }) => asked.has(executionId))) return [];
    const attempt = Number(row["attempt"]) + (row["released"] === "1" ? 0 : 1);
    return [{ instanceId: id, token: ms(row["token"]) + 1, attempt, job: job!, runs }];
  });
  if (reclaimed.length === 0) return [];
  const { ns, instances, executions } = tables;
  const leased = reclaimed.map(({ instanceId, token, attempt, job }) => {
    return { instanceId, token, attempt, most: mostDeliveries(withTaskAck(job, acks)) };
  });
  await session.run(
    `UPDATE ${instances} i SET owner = $6, token = want.token, lease_until = $7, attempt = want.attempt,
       deliveries = i.deliveries + 1, max_deliveries = want.most, released = 0
     FROM unnest($2::text[], $3::bigint[], $4::bigint[], $5::bigint[]) AS want (id, token, attempt, most)
     WHERE i.ns = $1 AND i.id = want.id`,
    [ns, ...columns(leased, "instanceId", "token", "attempt", "most"), owner, leaseUntil],
  );
  await session.run(
    `UPDATE ${executions} e SET owner = i.owner, token = i.token, state = 'submitted', started_ms = NULL,
       attempt = CASE WHEN e.id = ANY($3::text[]) THEN i.attempt ELSE e.attempt END
     FROM ${instances} i WHERE e.ns = $1 AND e.id = ANY($2::text[]) AND i.ns = e.ns AND i.id = e.instance_id`,
    [
      ns,
      idList(reclaimed.flatMap(({ runs }) => runs.map(({ executionId }) => executionId))),
      idList(reclaimed.map(({ runs }) => runs[0]!.executionId)),
    ],
  );
  return reclaimed;
}

function openExecutions(session: Session, { ns, executions }: Tables, ended: readonly Ended[]): Promise<Row[]> {
  return session.rows(
    `SELECT * FROM ${executions} WHERE ns = $1 AND id = ANY($2::text[]) AND state IN ('submitted', 'running')`,
    [ns, idList(ended.flatMap(({ planned }) => planned.map(({ executionId }) => executionId)))],
  );
}

/** Closes instances; their open executions are lost, or cancelled after a request, and late reports of them are refused. */
async function lose(session: Session, tables: Tables, ended: readonly Ended[], nowMs: number): Promise<Execution[]> {
  if (ended.length === 0) return [];
  const { ns, instances, executions } = tables;
  const open = await openExecutions(session, tables, ended);
  const asked = new Set(ended.flatMap((instance) => [...instance.asked]));
  await session.run(
    `UPDATE ${executions} SET state = CASE WHEN id = ANY($3::text[]) THEN 'cancelled' ELSE 'lost' END, finished_ms = $4,
       token = 0 WHERE ns = $1 AND id = ANY($2::text[])`,
    [ns, idList(open.map((row) => row["id"]!)), [...asked], nowMs],
  );
  await session.run(`DELETE FROM ${instances} WHERE ns = $1 AND id = ANY($2::text[])`, [
    ns,
    idList(ended.map(({ id }) => id)),
  ]);
  return open.map((row) => {
    const state = asked.has(row["id"]!) ? "cancelled" : "lost";
    return { ...asExecution(row), state, finishedAt: nowMs, durationMs: null };
  });
}
