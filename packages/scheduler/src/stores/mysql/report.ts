import { isFinalState } from "../../core/execution.js";
import type { Report } from "../../core/job-store.js";
import { inPieces } from "../sql/in-pieces.js";
import { asText, sizeOf, type TextReport } from "../sql/report-text.js";
import { ms } from "../sql/values.js";
import type { Session, Sessions } from "./session.js";
import type { Tables } from "./tables.js";
import { EXACT, idList, locking, rowList, WANT_IDS, wantRows } from "./want.js";

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
    `SELECT i.id, i.token
     FROM ${WANT_IDS} STRAIGHT_JOIN ${instances} i FORCE INDEX (PRIMARY) ON i.ns = ? AND i.id = want.id ${EXACT} ${locking("i")}`,
    [idList(reports.map(({ instanceId }) => instanceId)), ns],
  );
  return new Map(rows.map((row) => [row["id"] as string, ms(row["token"])]));
}

async function executionStates(session: Session, { ns, executions }: Tables, reports: readonly TextReport[]) {
  const rows = await session.rows(
    `SELECT e.id, e.state, e.token
     FROM ${WANT_IDS} STRAIGHT_JOIN ${executions} e FORCE INDEX (PRIMARY) ON e.ns = ? AND e.id = want.id ${EXACT}`,
    [idList(reports.map(({ executionId }) => executionId)), ns],
  );
  return new Map(rows.map((row) => [row["id"] as string, { state: row["state"] as string, token: ms(row["token"]) }]));
}

const WANT_REPORTS = wantRows(
  "state VARCHAR(16) CHARACTER SET utf8mb4",
  "attempt INT",
  "started BIGINT",
  "finished BIGINT",
  "result LONGTEXT CHARACTER SET utf8mb4",
  "error TEXT CHARACTER SET utf8mb4",
  "stack TEXT CHARACTER SET utf8mb4",
);

async function write(session: Session, tables: Tables, accepted: readonly TextReport[]): Promise<void> {
  if (accepted.length === 0) return;
  const { ns, executions, instances } = tables;
  await session.run(
    `UPDATE ${WANT_REPORTS} STRAIGHT_JOIN ${executions} e FORCE INDEX (PRIMARY) ON e.ns = ? AND e.id = want.id ${EXACT}
     SET e.state = want.state, e.attempt = want.attempt, e.started_ms = want.started, e.finished_ms = want.finished,
       e.result = want.result, e.error = want.error, e.stack = want.stack`,
    [rowList(lastOfEach(accepted).map(asRow)), ns],
  );
  const closed = accepted.filter(({ last, state }) => last && isFinalState(state)).map(({ instanceId }) => instanceId);
  if (closed.length > 0) {
    await session.run(
      `DELETE i FROM ${WANT_IDS} STRAIGHT_JOIN ${instances} i FORCE INDEX (PRIMARY) ON i.ns = ? AND i.id = want.id ${EXACT}`,
      [idList(closed), ns],
    );
  }
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
    `UPDATE ${wantRows("attempt INT", "ended INT")}
     STRAIGHT_JOIN ${instances} i FORCE INDEX (PRIMARY) ON i.ns = ? AND i.id = want.id ${EXACT}
     SET i.attempt = want.attempt, i.deliveries = IF(want.ended, 1, i.deliveries)`,
    [rowList([...open.values()]), ns],
  );
}

/** Keeps the last of two reports of one execution that come together ("running", then its end). */
function lastOfEach(reports: readonly TextReport[]): TextReport[] {
  return [...new Map(reports.map((entry) => [entry.executionId, entry])).values()];
}

function asRow({ executionId, state, attempt, startedAt, finishedAt, result, error, stack }: TextReport) {
  return {
    id: executionId,
    state,
    attempt,
    started: startedAt,
    finished: finishedAt,
    result,
    error,
    stack,
  };
}
