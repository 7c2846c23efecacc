import type { InstanceKey, Renewal } from "../../core/job-store.js";
import { askedIds, SEPARATOR } from "../sql/asked-ids.js";
import { inPieces } from "../sql/in-pieces.js";
import { ms } from "../sql/values.js";
import type { Session, Sessions } from "./session.js";
import type { Tables } from "./tables.js";
import { cancelWaiting } from "./waiting.js";
import { EXACT, idList, rowList, WANT_IDS, wantRows } from "./want.js";

const KEYS = wantRows("token BIGINT");

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

async function renewPiece(
  session: Session,
  tables: Tables,
  keys: readonly InstanceKey[],
  leaseMs: number,
): Promise<Renewal> {
  const { ns, instances, now } = tables;
  await session.run(
    `UPDATE ${KEYS} STRAIGHT_JOIN ${instances} i FORCE INDEX (PRIMARY) ON i.ns = ? AND i.id = want.id ${EXACT}
     SET i.lease_until = ${now} + ? WHERE i.token = want.token`,
    [keyList(keys), ns, leaseMs],
  );
  const rows = await session.rows(
    `SELECT i.id, i.token, i.cancel_ids
     FROM ${WANT_IDS} STRAIGHT_JOIN ${instances} i FORCE INDEX (PRIMARY) ON i.ns = ? AND i.id = want.id ${EXACT}`,
    [idList(keys.map(({ instanceId }) => instanceId)), ns],
  );
  const found = new Map(rows.map((row) => [row["id"] as string, row]));
  const isLeased = ({ instanceId, token }: InstanceKey) => ms(found.get(instanceId)?.["token"]) === token;
  return {
    lost: keys.filter((key) => !isLeased(key)).map(({ instanceId }) => instanceId),
    cancel: keys.filter(isLeased).flatMap(({ instanceId }) => askedIds(found.get(instanceId)!["cancel_ids"])),
  };
}

/** Releases an instance with a new token, so that its owner cannot report on it any more. */
export async function releaseInstances(
  sessions: Sessions,
  { ns, instances, now }: Tables,
  keys: readonly InstanceKey[],
): Promise<void> {
  if (keys.length === 0) return;
  await sessions.each((session) =>
    session.run(
      `UPDATE ${KEYS} STRAIGHT_JOIN ${instances} i FORCE INDEX (PRIMARY) ON i.ns = ? AND i.id = want.id ${EXACT}
       SET i.offered = 1, i.token = i.token + 1, i.lease_until = ${now} WHERE i.token = want.token`,
      [keyList(keys), ns],
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
       WHERE e.ns = ? AND e.id = ? AND e.state IN ('submitted', 'running')`,
      [ns, executionId],
    );
    if (row === undefined) return false;
    if (askedIds(row["cancel_ids"]).includes(executionId)) return true;
    const asked = await session.run(
      `UPDATE ${instances} SET cancel_ids = CONCAT_WS(?, cancel_ids, ?) WHERE ns = ? AND id = ?`,
      [SEPARATOR, executionId, ns, row["id"]],
    );
    return asked > 0;
  });
}

function keyList(keys: readonly InstanceKey[]): string {
  return rowList(keys.map(({ instanceId: id, token }) => ({ id, token })));
}
