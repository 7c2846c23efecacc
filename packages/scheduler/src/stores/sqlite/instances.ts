import type { JobRecord } from "../../core/job-record.js";
import type { PlannedRun } from "../../core/job-store.js";
import type { Session } from "./session.js";

/** Instance to write. */
export interface InstanceRow {
  readonly id: string;
  readonly jobId: string;
  readonly job: JobRecord;
  readonly owner: string;
  readonly token: number;
  readonly leaseUntil: number;
  readonly deliveries: number;
  readonly maxDeliveries: number;
  readonly released: boolean;
  readonly runs: readonly PlannedRun[];
  /** Job as JSON. */
  readonly spec: string;
}

/** Opens an instance at its first attempt. */
export function openInstance(session: Session, row: InstanceRow): void {
  const { id, jobId, job, owner, token, leaseUntil, deliveries, maxDeliveries, released, runs, spec } = row;
  session.run(
    `INSERT INTO scheduler_instances (ns, id, job_id, func, executor, owner, token, lease_until, attempt, deliveries,
       max_deliveries, released, runs, spec) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1, ?, ?, ?, ?, ?)`,
    ...[session.ns, id, jobId, String(job.func), job.executor, owner, token, leaseUntil, deliveries, maxDeliveries],
    ...[released ? 1 : 0, JSON.stringify(runs), spec],
  );
}

/** Returns the number of instances of a job under way. */
export function countInstances(session: Session, jobId: string): number {
  const [row] = session.rows(
    "SELECT COUNT(*) AS n FROM scheduler_instances WHERE ns = ? AND job_id = ?",
    ...[session.ns, jobId],
  );
  return Number(row!["n"]);
}

export function closeInstance(session: Session, id: string): void {
  session.run("DELETE FROM scheduler_instances WHERE ns = ? AND id = ?", session.ns, id);
}
