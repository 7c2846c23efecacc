import type { ClaimKey, InstanceKey } from "../../core/job-store.js";
import { askedIds, SEPARATOR } from "../sql/asked-ids.js";
import { wake } from "./jobs.js";
import type { Session } from "./session.js";
import { cancelWaiting } from "./waiting.js";

/** Renews a lease; returns the executions that were asked to end, undefined when the lease is lost. */
export function renewOne(
  session: Session,
  { instanceId, token }: InstanceKey,
  leaseMs: number,
): readonly string[] | undefined {
  const { ns, nowMs } = session;
  const renewed = session.run(
    "UPDATE scheduler_instances SET lease_until = ? WHERE ns = ? AND id = ? AND token = ?",
    ...[nowMs + leaseMs, ns, instanceId, token],
  );
  if (renewed === 0) return undefined;
  const [row] = session.rows("SELECT cancel_ids FROM scheduler_instances WHERE ns = ? AND id = ?", ns, instanceId);
  return askedIds(row?.["cancel_ids"]);
}

/** Releases instances with new tokens, so that their owner cannot report on them any more. */
export function releaseInstances(session: Session, keys: readonly InstanceKey[]): void {
  for (const { instanceId, token } of keys) {
    session.run(
      `UPDATE scheduler_instances SET released = 1, token = token + 1, lease_until = ?
       WHERE ns = ? AND id = ? AND token = ?`,
      ...[session.nowMs, session.ns, instanceId, token],
    );
  }
  wake(session);
}

/** Ends claims before their leases do. */
export function releaseClaims(session: Session, claims: readonly ClaimKey[]): void {
  for (const { jobId, version } of claims) {
    session.run(
      "UPDATE scheduler_jobs SET lease_until = 0 WHERE ns = ? AND id = ? AND version = ?",
      ...[session.ns, jobId, version],
    );
  }
  wake(session);
}

/** Writes the request into the instance, where its owner reads it at the next renewal; a waiting run ends at once. */
export function requestCancel(session: Session, executionId: string): boolean {
  if (cancelWaiting(session, { executionId })) return true;
  const { ns } = session;
  const [row] = session.rows(
    `SELECT i.id, i.cancel_ids FROM scheduler_executions e JOIN scheduler_instances i ON i.ns = e.ns AND i.id = e.instance_id
     WHERE e.ns = ? AND e.id = ? AND e.state IN ('submitted', 'running')`,
    ...[ns, executionId],
  );
  if (row === undefined) return false;
  const asked = new Set([...askedIds(row["cancel_ids"]), executionId]);
  session.run(
    "UPDATE scheduler_instances SET cancel_ids = ? WHERE ns = ? AND id = ?",
    ...[[...asked].join(SEPARATOR), ns, row["id"] as string],
  );
  return true;
}
