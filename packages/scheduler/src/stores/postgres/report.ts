import { isFinalState } from "../../core/execution.js";
import type { Report } from "../../core/job-store.js";
import { inPieces } from "../sql/in-pieces.js";
import { asText, sizeOf, type TextReport } from "../sql/report-text.js";
import { ms } from "../sql/values.js";
import { columns, idList } from "./params.js";
import type { Session, Sessions } from "./session.js";
import type { Tables } from "./tables.js";

/**
 * Records reports in batches, each in one transaction; returns for each whether its sender still has the lease. Instances are
 * locked in the order of their ids, and an execution is never written without the lock of its instance.
 */
export async function report(sessions: Sessions, tables: Tables, reports: readonly Report[]): Promise<boolean[]> {
  const recorded: boolean[] = [];
  for (const piece of inPieces(reports.map(asText), sizeOf)) {
    recorded.push(...(await sessions.transaction((session) => record(session, tables, piece))));
  }
  return recorded;
}

async function record(session: Session, tables: Tables, reports: readonly TextReport[]): Promise<boolean[]> {
  const tokens = await currentTokens(session, tables, reports);
  const states = await executionStates(session, tables, reports);
  const accepted: TextReport[] = [];
  const recorded = reports.map((entry) => {
    const row = states.get(entry.executionId);
    if (row === undefined) return false;
    if (isFinalState(row.state)) return row.token === entry.token && row.state === entry.state;
    if (tokens.get(entry.instanceId) !== entry.token) return false;
    row.state = entry.state;
    accepted.push(entry);
    return true;
  });
  await write(session, tables, accepted);
  return recorded;
}

async function currentTokens(session: Session, { ns, instances }: Tables, reports: readonly TextReport[]) {
  const rows = await session.rows(
    `SELECT id, token FROM ${instances} WHERE ns = $1 AND id = ANY($2::text[]) ORDER BY id FOR UPDATE`,
    [ns, idList(reports.map(({ instanceId }) => instanceId))],
  );
  return new Map(rows.map((row) => [row["id"]!, ms(row["token"])]));
}

async function executionStates(session: Session, { ns, executions }: Tables, reports: readonly TextReport[]) {
  const rows = await session.rows(`SELECT id, state, token FROM ${executions} WHERE ns = $1 AND id = ANY($2::text[])`, [
    ns,
    idList(reports.map(({ executionId }) => executionId)),
  ]);
  return new Map(rows.map((row) => [row["id"]!, { state: row["state"]!, token: ms(row["token"]) }]));
}

async function write(session: Session, tables: Tables, accepted: readonly TextReport[]): Promise<void> {
  if (accepted.length === 0) return;
  const { ns, executions, instances } = tables;
  const last = lastOfEach(accepted);
  await session.run(
    `UPDATE ${executions} e SET state = want.state, attempt = want.attempt, started_ms = want.started,
       finished_ms = want.finished, result = want.result, error = want.error, stack = want.stack
     FROM unnest($2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[], $7::text[], $8::text[], $9::text[])
       AS want (id, state, attempt, started, finished, result, error, stack)
     WHERE e.ns = $1 AND e.id = want.id`,
    [
      ns,
      ...columns(last, "executionId", "state", "attempt", "startedAt", "finishedAt"),
      ...columns(last, "result", "error", "stack"),
    ],
  );
  const closed = accepted.filter(({ last, state }) => last && isFinalState(state)).map(({ instanceId }) => instanceId);
  if (closed.length > 0)
    await session.run(`DELETE FROM ${instances} WHERE ns = $1 AND id = ANY($2::text[])`, [ns, idList(closed)]);
  await goOn(session, tables, accepted);
}

/** Updates instances that stay open: to the next attempt of the same run, or the first of the next one. */
async function goOn(session: Session, { ns, instances }: Tables, accepted: readonly TextReport[]): Promise<void> {
  const open = new Map<string, { id: string; attempt: number; ended: number }>();
  for (const { instanceId: id, state, attempt, last } of accepted) {
    if (state === "submitted") open.set(id, { id, attempt, ended: open.get(id)?.ended ?? 0 });
    else if (isFinalState(state) && !last) open.set(id, { id, attempt: 1, ended: 1 });
  }
  if (open.size === 0) return;
  await session.run(
    `UPDATE ${instances} i SET attempt = want.attempt,
       deliveries = CASE WHEN want.ended = 1 THEN 1 ELSE i.deliveries END
     FROM unnest($2::text[], $3::bigint[], $4::bigint[]) AS want (id, attempt, ended)
     WHERE i.ns = $1 AND i.id = want.id`,
    [ns, ...columns([...open.values()], "id", "attempt", "ended")],
  );
}

/** Keeps the last of two reports of one execution that come together ("running", then its end). */
function lastOfEach(reports: readonly TextReport[]): TextReport[] {
  return [...new Map(reports.map((entry) => [entry.executionId, entry])).values()];
}
