import { decodeJob, type JobRecord } from "../../core/job-record.js";
import type { ClaimRequest, Claims } from "../../core/job-store.js";
import type { Sessions } from "./session.js";
import { ms, msOrNull, type Tables } from "./tables.js";

/** How long a job that cannot be read is left alone. */
const BROKEN_MS = 60_000;

/** One read when nothing is due; else a transaction that lends out what no other scheduler is looking at. */
export async function claimDue(sessions: Sessions, tables: Tables, request: ClaimRequest): Promise<Claims> {
  const { ns, jobs, now } = tables;
  const [state] = await sessions.read((session) =>
    session.rows(
      `SELECT t.now_ms,
        EXISTS (SELECT 1 FROM ${jobs} WHERE ns = ? AND next_run_ms <= t.now_ms AND lease_until <= t.now_ms) AS is_due,
        (SELECT MIN(next_run_ms) FROM ${jobs} WHERE ns = ? AND next_run_ms > t.now_ms) AS next_ms
      FROM (SELECT ${now} AS now_ms) t`,
      [ns, ns],
    ),
  );
  const nowMs = ms(state!["now_ms"]);
  const nextDueMs = msOrNull(state!["next_ms"]);
  if (Number(state!["is_due"]) === 0) return { nowMs, jobs: [], nextDueMs, broken: [] };
  const claimed = await lend(sessions, tables, request, nowMs);
  const more = claimed.jobs.length >= request.limit;
  return { ...claimed, nowMs, nextDueMs: more ? nowMs : nextDueMs };
}

async function lend(sessions: Sessions, { ns, jobs }: Tables, { owner, leaseMs, limit, tasks }: ClaimRequest, nowMs: number) {
  if (tasks !== undefined && tasks.length === 0) return { jobs: [], broken: [] };
  const known = tasks === undefined ? "" : "AND func IN (?)";
  return sessions.transaction(async (session) => {
    const rows = await session.rows(
      `SELECT id, next_run_ms, version, spec FROM ${jobs}
       WHERE ns = ? AND next_run_ms <= ? AND lease_until <= ? ${known}
       ORDER BY next_run_ms LIMIT ? FOR UPDATE SKIP LOCKED`,
      [ns, nowMs, nowMs, ...(tasks === undefined ? [] : [tasks]), limit],
    );
    const lent: JobRecord[] = [];
    const broken: { id: string; reason: string }[] = [];
    for (const { id, next_run_ms, version, spec } of rows) {
      try {
        lent.push(decodeJob(spec as string, ms(next_run_ms), ms(version) + 1));
      } catch (error) {
        broken.push({ id: id as string, reason: (error as Error).message });
      }
    }
    const lease = `UPDATE ${jobs} SET lease_owner = ?, lease_until = ?, version = version + 1 WHERE ns = ? AND id IN (?)`;
    if (lent.length > 0) await session.run(lease, [owner, nowMs + leaseMs, ns, lent.map(({ id }) => id)]);
    if (broken.length > 0) await session.run(lease, [owner, nowMs + BROKEN_MS, ns, broken.map(({ id }) => id)]);
    return { jobs: lent, broken };
  });
}
