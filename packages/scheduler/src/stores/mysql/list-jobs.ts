import { decodeJobOf, type JobRecord } from "../../core/job-record.js";
import { jsonNeedle } from "../../core/job-search.js";
import type { JobPage, JobQuery } from "../../core/job-store.js";
import { limitOf, ms, msOrNull } from "../sql/values.js";
import type { Row, Session } from "./session.js";
import type { Tables } from "./tables.js";

const LIMIT_DEFAULT = 100;
const LIMIT_MAX = 10_000;

/** The last job of a page: its next run and its id. */
type Place = readonly [nextRunMs: number | null, id: string];

/** Reads one job; throws a SyntaxError when it cannot be read. */
export async function readJob(session: Session, { ns, jobs }: Tables, id: string): Promise<JobRecord | undefined> {
  const [row] = await session.rows(`SELECT id, next_run_ms, version, spec FROM ${jobs} WHERE ns = ? AND id = ?`, [
    ns,
    id,
  ]);
  return row && asJob(row);
}

/** Lists the scheduled jobs along their index, then the paused ones, without unreadable ones. */
export async function listJobs(
  session: Session,
  tables: Tables,
  { state, tag, search, limit: asked, cursor }: JobQuery,
): Promise<JobPage> {
  const limit = limitOf(asked ?? LIMIT_DEFAULT, { least: 1, most: LIMIT_MAX });
  const after = cursor === undefined ? undefined : (JSON.parse(cursor) as Place);
  const text = jsonNeedle(search);
  const rows: Row[] = [];
  if (state !== "paused" && after?.[0] !== null)
    rows.push(...(await scheduled(session, tables, { tag, text, after, limit: limit + 1 })));
  const room = limit + 1 - rows.length;
  if (state !== "scheduled" && room > 0)
    rows.push(...(await paused(session, tables, { tag, text, after, limit: room })));
  const page = rows.slice(0, limit);
  const jobs = page.flatMap(readable);
  const last = page.at(-1);
  if (rows.length <= limit || last === undefined) return { jobs };
  return { jobs, cursor: JSON.stringify([msOrNull(last["next_run_ms"]), last["id"]]) };
}

interface Piece {
  readonly tag: string | undefined;
  /** Text in lower case that stands in the JSON; "" for any. */
  readonly text: string;
  readonly after: Place | undefined;
  readonly limit: number;
}

function scheduled(session: Session, { ns, jobs }: Tables, { tag, text, after, limit }: Piece): Promise<Row[]> {
  const [run, id] = after === undefined ? [Number.MIN_SAFE_INTEGER, ""] : after;
  return session.rows(
    `SELECT id, next_run_ms, version, spec FROM ${jobs}
     WHERE ns = ? AND next_run_ms >= ? AND (next_run_ms > ? OR id > ?) ${tagged(tag)} ${holding(text)} ORDER BY next_run_ms, id LIMIT ?`,
    [ns, run, run, id, ...tagValue(tag), ...textValue(text), limit],
  );
}

function paused(session: Session, { ns, jobs }: Tables, { tag, text, after, limit }: Piece): Promise<Row[]> {
  const id = after !== undefined && after[0] === null ? after[1] : "";
  return session.rows(
    `SELECT id, next_run_ms, version, spec FROM ${jobs}
     WHERE ns = ? AND next_run_ms IS NULL AND id > ? ${tagged(tag)} ${holding(text)} ORDER BY id LIMIT ?`,
    [ns, id, ...tagValue(tag), ...textValue(text), limit],
  );
}

/** MySQL stops the whole statement at a text that is no JSON, so that is asked first; CASE keeps the order. */
function tagged(tag: string | undefined): string {
  return tag === undefined
    ? ""
    : "AND CASE WHEN JSON_VALID(spec) THEN JSON_CONTAINS(JSON_EXTRACT(spec, '$.tags'), ?) ELSE 0 END";
}

function tagValue(tag: string | undefined): string[] {
  return tag === undefined ? [] : [JSON.stringify(tag)];
}

function holding(text: string): string {
  return text === "" ? "" : "AND LOCATE(?, LOWER(spec)) > 0";
}

function textValue(text: string): string[] {
  return text === "" ? [] : [text];
}

function readable(row: Row): JobRecord[] {
  try {
    return [asJob(row)];
  } catch {
    return []; // claimDue reports it
  }
}

function asJob(row: Row): JobRecord {
  return decodeJobOf(row["id"] as string, row["spec"] as string, msOrNull(row["next_run_ms"]), ms(row["version"]));
}
