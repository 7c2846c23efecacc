import type { ClaimKey, InstanceKey, Renewal } from "../../core/job-store.js";
import { askedIds, SEPARATOR } from "../sql/asked-ids.js";
import { inPieces } from "../sql/in-pieces.js";
import { columns } from "./params.js";
import type { Session, Sessions } from "./session.js";
import type { Tables } from "./tables.js";
import { cancelWaiting } from "./waiting.js";

/** Renews leases; returns the lost ones, and the executions asked to end. */
export async function renew(
  sessions: Sessions,
  tables: Tables,
  keys: readonly InstanceKey[],
  leaseMs: number,
): Promise<Renewal> {
  const pieces: Renewal[] = [];
  for (const piece of inPieces(keys, () => 0)) {
    pieces.push(await sessions.each((session) => renewPiece(session, tables, piece, leaseMs)));
  }
  return { lost: pieces.flatMap(({ lost }) => lost), cancel: pieces.flatMap(({ cancel }) => cancel) };
}

/** Rows are locked in the order of their ids, as by a report, so that the two never wait for each other in a circle. */
async function renewPiece(
  session: Session,
  { ns, instances, now }: Tables,
  keys: readonly InstanceKey[],
  leaseMs: number,
): Promise<Renewal> {
  const rows = await session.rows(
    `WITH want AS MATERIALIZED (${lockedInstances(instances)})
     UPDATE ${instances} i SET lease_until = ${now} + $4::bigint FROM want WHERE i.ns = $1 AND i.id = want.id
     RETURNING i.id, i.cancel_ids`,
    [ns, ...columns(keys, "instanceId", "token"), leaseMs],
  );
  const found = new Map(rows.map((row) => [row["id"]!, row]));
  return {
    lost: keys.filter(({ instanceId }) => !found.has(instanceId)).map(({ instanceId }) => instanceId),
    cancel: keys.flatMap(({ instanceId }) => askedIds(found.get(instanceId)?.["cancel_ids"])),
  };
}

/** Releases instances with a new token, so that their owner cannot report on them any more. */
export async function releaseInstances(
  sessions: Sessions,
  { ns, instances, now }: Tables,
  keys: readonly InstanceKey[],
): Promise<void> {
  if (keys.length === 0) return;
  await sessions.each((session) =>
    session.run(
      `WITH want AS MATERIALIZED (${lockedInstances(instances)})
       UPDATE ${instances} i SET released = 1, token = i.token + 1, lease_until = ${now}
       FROM want WHERE i.ns = $1 AND i.id = want.id`,
      [ns, ...columns(keys, "instanceId", "token")],
    ),
  );
}

/** Returns the query of the instances that are leased with those tokens ($2 and $3), locked. */
function lockedInstances(instances: string): string {
  return `SELECT i.id FROM unnest($2::text[], $3::bigint[]) AS key (id, token)
    JOIN ${instances} i ON i.ns = $1 AND i.id = key.id AND i.token = key.token ORDER BY i.id FOR UPDATE OF i`;
}

/** Ends claims before their leases do; stale ones are left alone. */
export async function releaseClaims(
  sessions: Sessions,
  { ns, jobs }: Tables,
  claims: readonly ClaimKey[],
): Promise<void> {
  await sessions.each((session) =>
    session.run(
      `WITH want AS MATERIALIZED (
         SELECT j.id FROM unnest($2::text[], $3::bigint[]) AS key (id, version)
         JOIN ${jobs} j ON j.ns = $1 AND j.id = key.id AND j.version = key.version ORDER BY j.id FOR UPDATE OF j)
       UPDATE ${jobs} j SET lease_until = 0 FROM want WHERE j.ns = $1 AND j.id = want.id`,
      [ns, ...columns(claims, "jobId", "version")],
    ),
  );
}

/** Writes the request into the instance, where its owner reads it at the next renewal; a waiting run ends at once. */
export async function requestCancel(sessions: Sessions, tables: Tables, executionId: string): Promise<boolean> {
  if (await cancelWaiting(sessions, tables, { executionId })) return true;
  const { ns, instances, executions } = tables;
  return sessions.each(async (session) => {
    const [row] = await session.rows(
      `SELECT i.id, i.cancel_ids FROM ${executions} e JOIN ${instances} i ON i.ns = e.ns AND i.id = e.instance_id
       WHERE e.ns = $1 AND e.id = $2 AND e.state IN ('submitted', 'running')`,
      [ns, executionId],
    );
    if (row === undefined) return false;
    if (askedIds(row["cancel_ids"]).includes(executionId)) return true;
    const asked = await session.run(
      `UPDATE ${instances} SET cancel_ids = concat_ws($3, cancel_ids, $4::text) WHERE ns = $1 AND id = $2`,
      [ns, row["id"], SEPARATOR, executionId],
    );
    return asked > 0;
  });
}
