import { decodeJob, encodeJob, type JobRecord, waitingJob } from "../../core/job-record.js";
import type {
  ClaimRequest,
  DispatchRequest,
  PlannedRun,
  QueuedResult,
  ReclaimedInstance,
} from "../../core/job-store.js";
import { startsWithoutNextRun } from "../../core/run-limit.js";
import { claimFilters } from "../claim-filters.js";
import { mostDeliveries, withTaskAck } from "../deliveries.js";
import { askedIds, SEPARATOR } from "../sql/asked-ids.js";
import type { SqlRow } from "../sql/execution-row.js";
import { limitOf, ms } from "../sql/values.js";
import { openInstance } from "./instances.js";
import { runnable } from "./runnable.js";
import type { Session } from "./session.js";

/** Token of an instance that waited: no dispatch gives it, so that a repeated one does not pass for its owner. */
const STARTED_TOKEN = 2;
const STARTED_MAX = 200;

/** Queues the last run of a request in place of the waiting one. */
export function queue(session: Session, request: DispatchRequest, maxInstances: number): QueuedResult {
  const { jobId, instance } = request;
  const { id, job, runs, overlap } = instance!;
  const superseded = supersede(session, jobId);
  const { executionId, scheduledAt } = runs.at(-1)!;
  session.run(
    `INSERT INTO scheduler_waiting (ns, job_id, id, execution_id, scheduled_ms, func, executor, max_instances,
       no_next_run, queued_ms, spec) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ...[session.ns, jobId, id, executionId, scheduledAt, String(job.func), job.executor, job.maxInstances],
    ...[startsWithoutNextRun(request) ? 1 : 0, session.nowMs, encodeJob(waitingJob(job))],
  );
  const cancel = overlap === "cancel-other" ? askToEnd(session, jobId, maxInstances) : [];
  return { kind: "queued", superseded, cancel };
}

/** True while a run of the job waits. */
export function isWaiting(session: Session, jobId: string): boolean {
  return session.rows("SELECT 1 FROM scheduler_waiting WHERE ns = ? AND job_id = ?", session.ns, jobId).length > 0;
}

/** Updates the waiting run of a changed job. */
export function changeWaiting(session: Session, job: JobRecord): void {
  session.run(
    "UPDATE scheduler_waiting SET func = ?, executor = ?, max_instances = ?, spec = ? WHERE ns = ? AND job_id = ?",
    ...[String(job.func), job.executor, job.maxInstances, encodeJob(waitingJob(job)), session.ns, job.id],
  );
}

/** Ends the waiting run of one job or one execution, or all of them, as cancelled; true when there was one. */
export function cancelWaiting(
  session: Session,
  { jobId, executionId }: { readonly jobId?: string; readonly executionId?: string },
): boolean {
  const [condition, ...values] =
    jobId !== undefined
      ? ["AND job_id = ?", jobId]
      : executionId !== undefined
        ? ["AND execution_id = ?", executionId]
        : [""];
  const waiting = `scheduler_waiting WHERE ns = ? ${condition}`;
  session.run(
    `UPDATE scheduler_executions SET state = 'cancelled', finished_ms = ?, token = 0
     WHERE ns = ? AND state = 'queued' AND id IN (SELECT execution_id FROM ${waiting})`,
    ...[session.nowMs, session.ns, session.ns, ...values],
  );
  return session.run(`DELETE FROM ${waiting}`, session.ns, ...values) > 0;
}

/** Records a replaced waiting run as `max_instances`. */
function supersede(session: Session, jobId: string): PlannedRun[] {
  const { ns, nowMs } = session;
  const [row] = session.rows(
    "SELECT execution_id, scheduled_ms FROM scheduler_waiting WHERE ns = ? AND job_id = ?",
    ...[ns, jobId],
  );
  if (row === undefined) return [];
  const executionId = row["execution_id"] as string;
  endExecution(session, executionId, "max_instances", nowMs);
  session.run("DELETE FROM scheduler_waiting WHERE ns = ? AND job_id = ?", ns, jobId);
  return [{ executionId, scheduledAt: ms(row["scheduled_ms"]) }];
}

function endExecution(session: Session, id: string, state: string, nowMs: number): void {
  session.run(
    "UPDATE scheduler_executions SET state = ?, finished_ms = ?, token = 0 WHERE ns = ? AND id = ?",
    ...[state, nowMs, session.ns, id],
  );
}

/** Asks as many instances to end as must go for one more, the oldest first; returns their executions. */
function askToEnd(session: Session, jobId: string, maxInstances: number): string[] {
  const { ns } = session;
  const open = session.rows(
    "SELECT id, cancel_ids FROM scheduler_instances WHERE ns = ? AND job_id = ? ORDER BY id",
    ...[ns, jobId],
  );
  const unfinished = open.map((row) => {
    const runs = session.rows(
      `SELECT id, submitted_ms FROM scheduler_executions
       WHERE ns = ? AND job_id = ? AND instance_id = ? AND state IN ('submitted', 'running') ORDER BY scheduled_ms`,
      ...[ns, jobId, row["id"] as string],
    );
    const age = Math.min(...runs.map((run) => ms(run["submitted_ms"])));
    const ids = runs.map((run) => run["id"] as string);
    return { id: row["id"] as string, asked: askedIds(row["cancel_ids"]), ids, age };
  });
  const oldest = unfinished.sort((a, b) => a.age - b.age).slice(0, Math.max(0, open.length + 1 - maxInstances));
  for (const { id, asked, ids } of oldest) {
    const text = [...new Set([...asked, ...ids])].join(SEPARATOR);
    session.run("UPDATE scheduler_instances SET cancel_ids = ? WHERE ns = ? AND id = ?", text, ns, id);
  }
  return oldest.flatMap(({ ids }) => ids);
}

/** True while any run waits. */
export function hasWaiting(session: Session): boolean {
  return session.rows("SELECT 1 FROM scheduler_waiting WHERE ns = ? LIMIT 1", session.ns).length > 0;
}

/** Leases the runs that have waited for a slot that is free now to the owner, the longest wait first. */
export function startWaiting(session: Session, request: ClaimRequest, limit: number): ReclaimedInstance[] {
  const { ns } = session;
  const mine = runnable(claimFilters(request), "w.");
  const rows = session.rows(
    `SELECT w.* FROM scheduler_waiting w LEFT JOIN scheduler_jobs j ON j.ns = w.ns AND j.id = w.job_id
     WHERE w.ns = ? AND ${mine.where} AND (j.id IS NULL OR j.next_run_ms IS NOT NULL OR w.no_next_run = 1)
       AND (SELECT COUNT(*) FROM scheduler_instances i WHERE i.ns = w.ns AND i.job_id = w.job_id)
         < COALESCE(j.max_instances, w.max_instances)
     ORDER BY w.queued_ms LIMIT ?`,
    ...[ns, ...mine.values, limitOf(limit, { least: 0, most: STARTED_MAX })],
  );
  return rows.flatMap((row) => startOne(session, row, request));
}

function startOne(session: Session, row: SqlRow, { owner, leaseMs, acks }: ClaimRequest): ReclaimedInstance[] {
  const { ns, nowMs } = session;
  const [instanceId, executionId] = [row["id"] as string, row["execution_id"] as string];
  session.run("DELETE FROM scheduler_waiting WHERE ns = ? AND job_id = ?", ns, row["job_id"] as string);
  const job = readable(row);
  if (job === undefined) {
    endExecution(session, executionId, "lost", nowMs);
    return [];
  }
  const runs = [{ executionId, scheduledAt: ms(row["scheduled_ms"]) }];
  openInstance(session, {
    ...{ id: instanceId, jobId: row["job_id"] as string, job, owner, runs, spec: row["spec"] as string },
    ...{ token: STARTED_TOKEN, leaseUntil: nowMs + leaseMs, deliveries: 1, released: false },
    maxDeliveries: mostDeliveries(withTaskAck(job, acks)),
  });
  session.run(
    "UPDATE scheduler_executions SET state = 'submitted', owner = ?, token = ? WHERE ns = ? AND id = ? AND state = 'queued'",
    ...[owner, STARTED_TOKEN, ns, executionId],
  );
  return [{ instanceId, token: STARTED_TOKEN, attempt: 1, job, runs, wasQueued: true }];
}

function readable(row: SqlRow): JobRecord | undefined {
  try {
    return decodeJob(row["spec"] as string, null, 0);
  } catch {
    return undefined;
  }
}
