import { decodeJob } from "../../core/job-record.js";
import type { ClaimRequest, InstanceKey, PlannedRun, Reaped, Renewal, TakenOver } from "../../core/job-store.js";
import { asExecution } from "./execution-log.js";
import type { Row, Session, Sessions } from "./session.js";
import { ms, msOrNull, type Tables } from "./tables.js";

export function renew(sessions: Sessions, { ns, instances, now }: Tables, held: readonly InstanceKey[], leaseMs: number): Promise<Renewal> {
  if (held.length === 0) return Promise.resolve({ lost: [], cancel: [] });
  return sessions.read(async (session) => {
    for (const [token, ids] of byToken(held)) {
      await session.run(
        `UPDATE ${instances} SET lease_until = ${now} + ? WHERE ns = ? AND token = ? AND id IN (?)`,
        [leaseMs, ns, token, ids],
      );
    }
    const ids = held.map(({ instanceId }) => instanceId);
    const rows = await session.rows(`SELECT id, token, cancel_id FROM ${instances} WHERE ns = ? AND id IN (?)`, [ns, ids]);
    const tokens = new Map(rows.map((row) => [row["id"] as string, ms(row["token"])]));
    return {
      lost: held.filter(({ instanceId, token }) => tokens.get(instanceId) !== token).map(({ instanceId }) => instanceId),
      cancel: rows.flatMap((row) => (row["cancel_id"] === null ? [] : [row["cancel_id"] as string])),
    };
  });
}

export async function offer(sessions: Sessions, { ns, instances, now }: Tables, held: readonly InstanceKey[]): Promise<void> {
  if (held.length === 0) return;
  await sessions.read(async (session) => {
    for (const [token, ids] of byToken(held)) {
      await session.run(
        `UPDATE ${instances} SET offered = 1, token = token + 1, lease_until = ${now} WHERE ns = ? AND token = ? AND id IN (?)`,
        [ns, token, ids],
      );
    }
  });
}

/** One read when no lease has ended; else a transaction over those that nobody else is looking at. */
export async function reap(sessions: Sessions, tables: Tables, request: ClaimRequest): Promise<Reaped> {
  const { ns, instances, now } = tables;
  const [state] = await sessions.read((session) =>
    session.rows(
      `SELECT t.now_ms, (SELECT MIN(lease_until) FROM ${instances} WHERE ns = ?) AS first_ms FROM (SELECT ${now} AS now_ms) t`,
      [ns],
    ),
  );
  const nowMs = ms(state!["now_ms"]);
  const firstMs = msOrNull(state!["first_ms"]);
  if (firstMs === null || firstMs > nowMs) return { nowMs, takenOver: [], lost: [], nextExpiryMs: firstMs };
  return sessions.transaction((session) => reapEnded(session, tables, request, nowMs));
}

async function reapEnded(session: Session, tables: Tables, request: ClaimRequest, nowMs: number): Promise<Reaped> {
  const { ns, instances } = tables;
  const { owner, leaseMs, limit, tasks } = request;
  const rows = await session.rows(
    `SELECT id, token, attempt, deliveries, offered, runs, spec, (offered = 1 OR deliveries < max_deliveries) AS again
     FROM ${instances} WHERE ns = ? AND lease_until <= ?
       AND (func IN (?) OR NOT (offered = 1 OR deliveries < max_deliveries) OR ?)
     ORDER BY lease_until LIMIT ? FOR UPDATE SKIP LOCKED`,
    [ns, nowMs, tasks === undefined || tasks.length === 0 ? [""] : tasks, tasks === undefined, limit],
  );
  const again = rows.filter((row) => Number(row["again"]) === 1);
  const over = rows.filter((row) => Number(row["again"]) !== 1);
  const takenOver: TakenOver[] = [];
  for (const row of again) takenOver.push(await handOver(session, tables, row, owner, nowMs + leaseMs));
  const lost = over.length === 0 ? [] : await lose(session, tables, over, nowMs);
  const [next] = await session.rows(`SELECT MIN(lease_until) AS ms FROM ${instances} WHERE ns = ? AND lease_until > ?`, [ns, nowMs]);
  return { nowMs, takenOver, lost, nextExpiryMs: msOrNull(next!["ms"]) };
}

async function handOver(session: Session, { ns, instances, executions }: Tables, row: Row, owner: string, leaseUntil: number): Promise<TakenOver> {
  const instanceId = row["id"] as string;
  const token = ms(row["token"]) + 1;
  const attempt = Number(row["attempt"]) + (Number(row["offered"]) === 1 ? 0 : 1);
  await session.run(
    `UPDATE ${instances} SET owner = ?, token = ?, lease_until = ?, attempt = ?, deliveries = deliveries + 1, offered = 0
     WHERE ns = ? AND id = ?`,
    [owner, token, leaseUntil, attempt, ns, instanceId],
  );
  const planned = JSON.parse(row["runs"] as string) as PlannedRun[];
  const ids = planned.map(({ executionId }) => executionId);
  const unfinished = await session.rows(
    `SELECT id FROM ${executions} WHERE ns = ? AND id IN (?) AND state IN ('submitted', 'running')`,
    [ns, ids],
  );
  const left = new Set(unfinished.map((found) => found["id"] as string));
  const runs = planned.filter(({ executionId }) => left.has(executionId));
  await session.run(
    `UPDATE ${executions} SET owner = ?, token = ?, state = 'submitted', started_ms = NULL, attempt = IF(id = ?, ?, attempt)
     WHERE ns = ? AND id IN (?) AND state IN ('submitted', 'running')`,
    [owner, token, runs[0]?.executionId ?? "", attempt, ns, ids],
  );
  return { instanceId, token, attempt, job: decodeJob(row["spec"] as string, null, 0), runs };
}

async function lose(session: Session, { ns, instances, executions }: Tables, rows: readonly Row[], nowMs: number) {
  const planned = rows.flatMap((row) => JSON.parse(row["runs"] as string) as PlannedRun[]);
  const ids = planned.map(({ executionId }) => executionId);
  const ended = await session.rows(
    `SELECT * FROM ${executions} WHERE ns = ? AND id IN (?) AND state IN ('submitted', 'running')`,
    [ns, ids],
  );
  const lostIds = ended.map((row) => row["id"] as string);
  if (lostIds.length > 0) {
    await session.run(`UPDATE ${executions} SET state = 'lost', finished_ms = ?, token = 0 WHERE ns = ? AND id IN (?)`, [
      nowMs,
      ns,
      lostIds,
    ]);
  }
  await session.run(`DELETE FROM ${instances} WHERE ns = ? AND id IN (?)`, [ns, rows.map((row) => row["id"] as string)]);
  return ended.map((row) => ({ ...asExecution(row), state: "lost" as const, finishedAt: nowMs, durationMs: null }));
}

function byToken(held: readonly InstanceKey[]): Map<number, string[]> {
  const groups = new Map<number, string[]>();
  for (const { instanceId, token } of held) groups.set(token, [...(groups.get(token) ?? []), instanceId]);
  return groups;
}
