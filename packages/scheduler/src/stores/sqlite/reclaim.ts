import type { Execution } from "../../core/execution.js";
import { decodeJob, type JobRecord } from "../../core/job-record.js";
import type { ClaimRequest, PlannedRun, ReclaimedInstance, ReclaimResult } from "../../core/job-store.js";
import { claimFilters } from "../claim-filters.js";
import { mostDeliveries, withTaskAck } from "../deliveries.js";
import { askedIds } from "../sql/asked-ids.js";
import { asExecution, type SqlRow } from "../sql/execution-row.js";
import { limitOf, ms, msOrNull } from "../sql/values.js";
import { closeInstance } from "./instances.js";
import { runnable } from "./runnable.js";
import type { Session, Sessions } from "./session.js";
import { hasWaiting, startWaiting } from "./waiting.js";

/** Instances of one call: they are read and written in one turn of the event loop. */
const RECLAIM_MAX = 200;

/** Reclaims expired leases and starts waiting runs: a read when there is none of them, else one transaction. */
export async function reclaim(sessions: Sessions, request: ClaimRequest): Promise<ReclaimResult> {
  const idle = await sessions.read((session): ReclaimResult | undefined => {
    const nextExpiryMs = firstExpiry(session, Number.MIN_SAFE_INTEGER);
    if (hasWaiting(session) || (nextExpiryMs !== null && nextExpiryMs <= session.nowMs)) return undefined;
    return { nowMs: session.nowMs, reclaimed: [], lost: [], nextExpiryMs, hasQueued: false };
  });
  return idle ?? sessions.write((session) => reclaimNow(session, request));
}

function reclaimNow(session: Session, request: ClaimRequest): ReclaimResult {
  const expired = reclaimExpired(session, request);
  const hasQueued = hasWaiting(session);
  const started = hasQueued ? startWaiting(session, request, request.limit - expired.reclaimed.length) : [];
  return { ...expired, reclaimed: [...expired.reclaimed, ...started], hasQueued };
}

function reclaimExpired(session: Session, request: ClaimRequest): Omit<ReclaimResult, "hasQueued"> {
  const { ns, nowMs } = session;
  const limit = limitOf(request.limit, { least: 0, most: RECLAIM_MAX });
  const mine = runnable(claimFilters(request));
  const rows = session.rows(
    `SELECT id, token, attempt, released, runs, spec, cancel_ids,
       (released = 1 OR deliveries < max_deliveries) AS again, ${mine.where} AS mine
     FROM scheduler_instances INDEXED BY scheduler_instances_lease WHERE ns = ? AND lease_until <= ?
       AND (${mine.where} OR cancel_ids IS NOT NULL OR NOT (released = 1 OR deliveries < max_deliveries))
     ORDER BY lease_until LIMIT ?`,
    ...[...mine.values, ns, nowMs, ...mine.values, limit],
  );
  const reclaimed: ReclaimedInstance[] = [];
  const lost: Execution[] = [];
  for (const row of rows) {
    const expired = readExpired(session, row);
    const again = handOver(session, expired, request);
    if (again !== undefined) reclaimed.push(again);
    else if (isOurs(expired)) lost.push(...lose(session, expired));
  }
  const nextExpiryMs = rows.length === limit ? nowMs : firstExpiry(session, nowMs);
  return { nowMs, reclaimed, lost, nextExpiryMs };
}

/** Instance with an expired lease. */
interface Expired {
  readonly row: SqlRow;
  readonly id: string;
  /** Unfinished executions, in order. */
  readonly open: readonly SqlRow[];
  readonly runs: readonly PlannedRun[];
  /** Executions that were asked to end. */
  readonly asked: ReadonlySet<string>;
  /** Job; undefined when the instance may or can not start again. */
  readonly job: JobRecord | undefined;
}

function readExpired(session: Session, row: SqlRow): Expired {
  const id = row["id"] as string;
  const asked = new Set(askedIds(row["cancel_ids"]));
  const { planned, job } = readJson(row);
  const open = session
    .rows(
      "SELECT * FROM scheduler_executions WHERE ns = ? AND id IN (SELECT value FROM json_each(?))",
      session.ns,
      ids(planned),
    )
    .filter(({ state }) => state === "submitted" || state === "running");
  const unfinished = new Set(open.map((execution) => execution["id"]));
  return { row, id, open, asked, job, runs: planned.filter(({ executionId }) => unfinished.has(executionId)) };
}

function ids(planned: readonly PlannedRun[]): string {
  return JSON.stringify(planned.map(({ executionId }) => executionId));
}

/** An unreadable instance is lost, and does not keep the others from being reclaimed. */
function readJson(row: SqlRow): { readonly planned: readonly PlannedRun[]; readonly job: JobRecord | undefined } {
  let planned: readonly PlannedRun[] = [];
  try {
    planned = JSON.parse(row["runs"] as string) as PlannedRun[];
    return { planned, job: isAgain(row) ? decodeJob(row["spec"] as string, null, 0) : undefined };
  } catch {
    return { planned, job: undefined };
  }
}

function isAgain(row: SqlRow): boolean {
  return Number(row["again"]) === 1;
}

/** True for an instance that this scheduler should close: one that others could start again is theirs. */
function isOurs({ row, runs, asked }: Expired): boolean {
  return Number(row["mine"]) === 1 || !isAgain(row) || isAllAsked(runs, asked);
}

function isAllAsked(runs: readonly PlannedRun[], asked: ReadonlySet<string>): boolean {
  return runs.every(({ executionId }) => asked.has(executionId));
}

/** Leases an instance that may start again to the owner; undefined for another one, or one with nothing left to do. */
function handOver(session: Session, expired: Expired, request: ClaimRequest): ReclaimedInstance | undefined {
  const { row, id, runs, asked, job } = expired;
  if (job === undefined || Number(row["mine"]) !== 1 || isAllAsked(runs, asked)) return undefined;
  const { owner, leaseMs, acks } = request;
  const { ns, nowMs } = session;
  const token = ms(row["token"]) + 1;
  const attempt = Number(row["attempt"]) + (Number(row["released"]) === 1 ? 0 : 1);
  session.run(
    `UPDATE scheduler_instances SET owner = ?, token = ?, lease_until = ?, attempt = ?, deliveries = deliveries + 1,
       max_deliveries = ?, released = 0 WHERE ns = ? AND id = ?`,
    ...[owner, token, nowMs + leaseMs, attempt, mostDeliveries(withTaskAck(job, acks)), ns, id],
  );
  for (const [at, { executionId }] of runs.entries()) {
    session.run(
      `UPDATE scheduler_executions SET owner = ?, token = ?, state = 'submitted', started_ms = NULL,
         attempt = COALESCE(?, attempt) WHERE ns = ? AND id = ?`,
      ...[owner, token, at === 0 ? attempt : null, ns, executionId],
    );
  }
  return { instanceId: id, token, attempt, job, runs };
}

/** Closes an instance; its open executions are lost, or cancelled after a request, and late reports of them are refused. */
function lose(session: Session, { id, open, asked }: Expired): Execution[] {
  const { ns, nowMs } = session;
  closeInstance(session, id);
  return open.map((execution) => {
    const executionId = execution["id"] as string;
    const state = asked.has(executionId) ? "cancelled" : "lost";
    session.run(
      "UPDATE scheduler_executions SET state = ?, finished_ms = ?, token = 0 WHERE ns = ? AND id = ?",
      ...[state, nowMs, ns, executionId],
    );
    return { ...asExecution(execution), state, finishedAt: nowMs, durationMs: null };
  });
}

function firstExpiry(session: Session, after: number): number | null {
  const [row] = session.rows(
    "SELECT MIN(lease_until) AS ms FROM scheduler_instances WHERE ns = ? AND lease_until > ?",
    ...[session.ns, after],
  );
  return msOrNull(row?.["ms"]);
}
