import type { Report } from "../../core/job-store.js";
import type { Session, Sessions } from "./session.js";
import { ms, type Tables } from "./tables.js";

/** Writes a batch of news in one transaction; answers for each whether its holder was still the holder. */
export function report(sessions: Sessions, tables: Tables, reports: readonly Report[]): Promise<boolean[]> {
  if (reports.length === 0) return Promise.resolve([]);
  return sessions.transaction(async (session) => {
    const tokens = await heldTokens(session, tables, reports);
    const states = await executionStates(session, tables, reports);
    const accepted: Report[] = [];
    const answers = reports.map((news) => {
      const row = states.get(news.executionId);
      if (row === undefined) return false;
      const isHeld = tokens.get(news.instanceId) === news.token;
      if (isFinal(row.state) || !isHeld) return isFinal(row.state) && row.token === news.token && row.state === news.state;
      row.state = news.state;
      accepted.push(news);
      return true;
    });
    await write(session, tables, accepted);
    return answers;
  });
}

function isFinal(state: string): boolean {
  return state !== "submitted" && state !== "running";
}

async function heldTokens(session: Session, { ns, instances }: Tables, reports: readonly Report[]) {
  const ids = [...new Set(reports.map(({ instanceId }) => instanceId))].sort();
  const rows = await session.rows(
    `SELECT id, token FROM ${instances} WHERE ns = ? AND id IN (?) ORDER BY id FOR UPDATE`,
    [ns, ids],
  );
  return new Map(rows.map((row) => [row["id"] as string, ms(row["token"])]));
}

async function executionStates(session: Session, { ns, executions }: Tables, reports: readonly Report[]) {
  const ids = reports.map(({ executionId }) => executionId);
  const rows = await session.rows(`SELECT id, state, token FROM ${executions} WHERE ns = ? AND id IN (?)`, [ns, ids]);
  return new Map(
    rows.map((row) => [row["id"] as string, { state: row["state"] as string, token: ms(row["token"]) }]),
  );
}

async function write(session: Session, { ns, executions, instances }: Tables, accepted: readonly Report[]): Promise<void> {
  if (accepted.length === 0) return;
  await session.run(
    `UPDATE ${executions} e JOIN JSON_TABLE(?, '$[*]' COLUMNS (
        id VARCHAR(64) CHARACTER SET utf8mb4 PATH '$.id', state VARCHAR(16) CHARACTER SET utf8mb4 PATH '$.state',
        attempt INT PATH '$.attempt', started BIGINT PATH '$.started', finished BIGINT PATH '$.finished',
        result LONGTEXT CHARACTER SET utf8mb4 PATH '$.result', error TEXT CHARACTER SET utf8mb4 PATH '$.error',
        stack TEXT CHARACTER SET utf8mb4 PATH '$.stack')) n
      ON e.ns = ? AND e.id = n.id COLLATE utf8mb4_bin
     SET e.state = n.state, e.attempt = n.attempt, e.started_ms = n.started, e.finished_ms = n.finished,
       e.result = n.result, e.error = n.error, e.stack = n.stack`,
    [JSON.stringify(lastOfEach(accepted).map(asRow)), ns],
  );
  const closed = accepted.filter(({ last, state }) => last && isFinal(state)).map(({ instanceId }) => instanceId);
  if (closed.length > 0) await session.run(`DELETE FROM ${instances} WHERE ns = ? AND id IN (?)`, [ns, closed]);
  for (const { instanceId, state, attempt, last } of accepted) {
    if (last || state === "running") continue;
    await session.run(`UPDATE ${instances} SET attempt = ?, deliveries = IF(?, 1, deliveries) WHERE ns = ? AND id = ?`, [
      isFinal(state) ? 1 : attempt,
      isFinal(state),
      ns,
      instanceId,
    ]);
  }
}

/** Two reports of one execution may come together ("running", then its end): the last one says it all. */
function lastOfEach(reports: readonly Report[]): Report[] {
  return [...new Map(reports.map((news) => [news.executionId, news])).values()];
}

function asRow({ executionId, state, attempt, startedAt, finishedAt, result, error, stack }: Report) {
  return {
    id: executionId,
    state,
    attempt,
    started: startedAt,
    finished: finishedAt,
    result: result === null ? null : JSON.stringify(result),
    error,
    stack,
  };
}
