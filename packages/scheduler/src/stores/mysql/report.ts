import { isFinalState } from "../../core/execution.js";
import type { Report } from "../../core/job-store.js";
import { resultText } from "../result-text.js";
import { inPieces } from "./in-pieces.js";
import type { Session, Sessions } from "./session.js";
import { ms, type Tables } from "./tables.js";
import { EXACT, idList, locking, rowList, WANT_IDS, wantRows } from "./want.js";

/** As execution.ts promises, whoever reports. */
const ERROR_MAX = 2_000;
const STACK_MAX = 8_000;

/**
 * Writes batches of news, each in one transaction; answers for each whether its holder was still the holder. Instances are
 * locked in the order of their ids; nobody writes an execution without its instance's lock.
 */
export async function report(sessions: Sessions, tables: Tables, reports: readonly Report[]): Promise<boolean[]> {
  const answers: boolean[] = [];
  const news = reports.map((each) => ({ ...each, result: textOf(each) }));
  for (const piece of inPieces(news, ({ result, error, stack }) =>
    Buffer.byteLength([result, error, stack].join("")),
  )) {
    answers.push(...(await sessions.transaction((session) => record(session, tables, piece))));
  }
  return answers;
}

/** A report with its result as text. */
type News = Omit<Report, "result"> & { readonly result: string | null };

function textOf({ executionId, result }: Report): string | null {
  return result === null ? null : resultText(executionId, result);
}

async function record(session: Session, tables: Tables, reports: readonly News[]): Promise<boolean[]> {
  const tokens = await heldTokens(session, tables, reports);
  const states = await executionStates(session, tables, reports);
  const accepted: News[] = [];
  const answers = reports.map((news) => {
    const row = states.get(news.executionId);
    if (row === undefined) return false;
    if (isFinalState(row.state)) return row.token === news.token && row.state === news.state;
    if (tokens.get(news.instanceId) !== news.token) return false;
    row.state = news.state;
    accepted.push(news);
    return true;
  });
  await write(session, tables, accepted);
  return answers;
}

async function heldTokens(session: Session, { ns, instances }: Tables, reports: readonly News[]) {
  const rows = await session.rows(
    `SELECT i.id, i.token
     FROM ${WANT_IDS} STRAIGHT_JOIN ${instances} i FORCE INDEX (PRIMARY) ON i.ns = ? AND i.id = want.id ${EXACT} ${locking("i")}`,
    [idList(reports.map(({ instanceId }) => instanceId)), ns],
  );
  return new Map(rows.map((row) => [row["id"] as string, ms(row["token"])]));
}

async function executionStates(session: Session, { ns, executions }: Tables, reports: readonly News[]) {
  const rows = await session.rows(
    `SELECT e.id, e.state, e.token
     FROM ${WANT_IDS} STRAIGHT_JOIN ${executions} e FORCE INDEX (PRIMARY) ON e.ns = ? AND e.id = want.id ${EXACT}`,
    [idList(reports.map(({ executionId }) => executionId)), ns],
  );
  return new Map(rows.map((row) => [row["id"] as string, { state: row["state"] as string, token: ms(row["token"]) }]));
}

const NEWS = wantRows(
  "state VARCHAR(16) CHARACTER SET utf8mb4",
  "attempt INT",
  "started BIGINT",
  "finished BIGINT",
  "result LONGTEXT CHARACTER SET utf8mb4",
  "error TEXT CHARACTER SET utf8mb4",
  "stack TEXT CHARACTER SET utf8mb4",
);

async function write(session: Session, tables: Tables, accepted: readonly News[]): Promise<void> {
  if (accepted.length === 0) return;
  const { ns, executions, instances } = tables;
  await session.run(
    `UPDATE ${NEWS} STRAIGHT_JOIN ${executions} e FORCE INDEX (PRIMARY) ON e.ns = ? AND e.id = want.id ${EXACT}
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

/** Instances that stay open: at the next attempt of the same run time, or at the first of the next one. */
async function goOn(session: Session, { ns, instances }: Tables, accepted: readonly News[]): Promise<void> {
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

/** Two reports of one execution may come together ("running", then its end): the last one says it all. */
function lastOfEach(reports: readonly News[]): News[] {
  return [...new Map(reports.map((news) => [news.executionId, news])).values()];
}

function asRow({ executionId, state, attempt, startedAt, finishedAt, result, error, stack }: News) {
  return {
    id: executionId,
    state,
    attempt,
    started: startedAt,
    finished: finishedAt,
    result,
    error: cutText(error, ERROR_MAX),
    stack: cutText(stack, STACK_MAX),
  };
}

/** Half of a character that the cut (or the task) left would make the batch unreadable as JSON: it becomes U+FFFD. */
function cutText(text: string | null, max: number): string | null {
  return text === null ? null : Buffer.from(text.slice(0, max)).toString();
}
