import { decodeJobOf, type JobRecord } from "../../core/job-record.js";
import { jsonNeedle } from "../../core/job-search.js";
import type { JobPage, JobQuery } from "../../core/job-store.js";
import { limitOf, ms, msOrNull } from "../sql/values.js";
import { Params } from "./params.js";
import type { Row, Session } from "./session.js";
import type { Tables } from "./tables.js";
import { tagColumn } from "./tags.js";

const LIMIT_DEFAULT = 100;
const LIMIT_MAX = 10_000;
const COLUMNS = "id, next_run_ms, version, spec";

/** The last job of a page: its next run and its id. */
type Place = readonly [nextRunMs: number | null, id: string];

/** Reads one job; throws a SyntaxError when it cannot be read. */
export async function readJob(session: Session, { ns, jobs }: Tables, id: string): Promise<JobRecord | undefined> {
  const [row] = await session.rows(`SELECT ${COLUMNS} FROM ${jobs} WHERE ns = $1 AND id = $2`, [ns, id]);
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
  const params = new Params();
  const where = [`ns = ${params.add(ns)}`, "next_run_ms IS NOT NULL", ...tagged(params, tag), ...holding(params, text)];
  if (after !== undefined) where.push(`(next_run_ms, id) > (${params.add(after[0])}, ${params.add(after[1])})`);
  return session.rows(
    `SELECT ${COLUMNS} FROM ${jobs} WHERE ${where.join(" AND ")} ORDER BY next_run_ms, id LIMIT ${params.add(limit)}`,
    params.values,
  );
}

function paused(session: Session, { ns, jobs }: Tables, { tag, text, after, limit }: Piece): Promise<Row[]> {
  const params = new Params();
  const where = [`ns = ${params.add(ns)}`, "next_run_ms IS NULL", ...tagged(params, tag), ...holding(params, text)];
  if (after !== undefined && after[0] === null) where.push(`id > ${params.add(after[1])}`);
  return session.rows(
    `SELECT ${COLUMNS} FROM ${jobs} WHERE ${where.join(" AND ")} ORDER BY id LIMIT ${params.add(limit)}`,
    params.values,
  );
}

function tagged(params: Params, tag: string | undefined): string[] {
  return tag === undefined ? [] : [`strpos(tags, ${params.add(tagColumn([tag]))}) > 0`];
}

function holding(params: Params, text: string): string[] {
  return text === "" ? [] : [`strpos(lower(spec), ${params.add(text)}) > 0`];
}

function readable(row: Row): JobRecord[] {
  try {
    return [asJob(row)];
  } catch {
    return []; // claimDue reports it
  }
}

function asJob(row: Row): JobRecord {
  return decodeJobOf(row["id"]!, row["spec"]!, msOrNull(row["next_run_ms"]), ms(row["version"]));
}
