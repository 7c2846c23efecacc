import { setImmediate } from "node:timers/promises";
import { decodeJobOf, encodeJob, type JobRecord } from "../../core/job-record.js";
import { jsonNeedle } from "../../core/job-search.js";
import type { JobPage, JobQuery } from "../../core/job-store.js";
import type { SqlRow } from "../sql/execution-row.js";
import { limitOf, ms, msOrNull } from "../sql/values.js";
import type { SqlValue } from "./driver.js";
import type { Session, Sessions } from "./session.js";
import { cancelWaiting, changeWaiting } from "./waiting.js";

const LIMIT_DEFAULT = 100;
const LIMIT_MAX = 1_000;
/** Jobs that are looked through, or removed, in one turn of the event loop. */
const AT_ONCE = 2_000;

/** Adds a job; returns the existing one, unchanged, when the id is in use. */
export function insertJob(session: Session, job: JobRecord): JobRecord | undefined {
  const existing = readJob(session, job.id);
  if (existing !== undefined) return existing;
  const { id, func, executor, nextRunMs, version, maxInstances } = job;
  session.run(
    `INSERT INTO scheduler_jobs (ns, id, func, executor, next_run_ms, version, max_instances, spec)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    ...[session.ns, id, String(func), executor, nextRunMs, version, maxInstances, encodeJob(job)],
  );
  wake(session);
  return undefined;
}

/** Reads one job; throws a SyntaxError when it cannot be read. */
export function readJob(session: Session, id: string): JobRecord | undefined {
  const [row] = session.rows(
    "SELECT id, next_run_ms, version, spec FROM scheduler_jobs WHERE ns = ? AND id = ?",
    ...[session.ns, id],
  );
  return row && asJob(row);
}

/** Replaces a job whose version is still `job.version`, and the job of its waiting run; false for another version. */
export function updateJob(session: Session, job: JobRecord): boolean {
  const { id, func, executor, nextRunMs, maxInstances, version } = job;
  const changed = session.run(
    `UPDATE scheduler_jobs SET func = ?, executor = ?, next_run_ms = ?, max_instances = ?, spec = ?,
       version = version + 1, lease_owner = NULL, lease_until = 0 WHERE ns = ? AND id = ? AND version = ?`,
    ...[String(func), executor, nextRunMs, maxInstances, encodeJob(job), session.ns, id, version],
  );
  if (changed === 0) return false;
  changeWaiting(session, job);
  wake(session);
  return true;
}

/** Removes a job and its waiting run; true when one of them existed. */
export function removeJob(session: Session, id: string): boolean {
  const removed = session.run("DELETE FROM scheduler_jobs WHERE ns = ? AND id = ?", session.ns, id);
  return cancelWaiting(session, { jobId: id }) || removed > 0;
}

/** Removes all jobs, some in each transaction; returns their number. */
export async function removeAllJobs(sessions: Sessions): Promise<number> {
  let count = 0;
  for (;;) {
    const removed = await sessions.write((session) => {
      cancelWaiting(session, {});
      return session.run(
        "DELETE FROM scheduler_jobs WHERE rowid IN (SELECT rowid FROM scheduler_jobs WHERE ns = ? LIMIT ?)",
        ...[session.ns, AT_ONCE],
      );
    });
    count += removed;
    if (removed < AT_ONCE) return count;
    await setImmediate();
  }
}

/** Notes that a run may have come forward, for the other processes. */
export function wake(session: Session): void {
  session.run(
    "INSERT INTO scheduler_wakes (ns, count) VALUES (?, 1) ON CONFLICT (ns) DO UPDATE SET count = count + 1",
    session.ns,
  );
}

/** Last job of a page: its next run and its id. */
type Place = readonly [nextRunMs: number | null, id: string];

/** Lists the scheduled jobs along their index, then the paused ones, without unreadable ones. */
export async function listJobs(
  sessions: Sessions,
  { state, tag, search: searched, limit: asked, cursor }: JobQuery,
): Promise<JobPage> {
  const limit = limitOf(asked ?? LIMIT_DEFAULT, { least: 1, most: LIMIT_MAX });
  const after = cursor === undefined ? undefined : (JSON.parse(cursor) as Place);
  const filter = { tag, text: jsonNeedle(searched) };
  const rows: SqlRow[] = [];
  if (state !== "paused" && after?.[0] !== null)
    rows.push(...(await search(sessions, SCHEDULED, { filter, after: after ?? FIRST, limit: limit + 1 })));
  const room = limit + 1 - rows.length;
  if (state !== "scheduled" && room > 0) {
    const from = after !== undefined && after[0] === null ? after : FIRST_PAUSED;
    rows.push(...(await search(sessions, PAUSED, { filter, after: from, limit: room })));
  }
  const page = rows.slice(0, limit);
  const jobs = page.flatMap(readable);
  const last = page.at(-1);
  if (rows.length <= limit || last === undefined) return { jobs };
  return { jobs, cursor: JSON.stringify(placeOf(last)) };
}

const FIRST: Place = [Number.MIN_SAFE_INTEGER, ""];
const FIRST_PAUSED: Place = [null, ""];

/** Part of the list with an order of its own. */
interface Part {
  readonly where: string;
  readonly order: string;
  values(after: Place): SqlValue[];
}

const SCHEDULED: Part = {
  where: "next_run_ms IS NOT NULL AND (next_run_ms, id) > (?, ?)",
  order: "next_run_ms, id",
  values: ([run, id]) => [run, id],
};
const PAUSED: Part = { where: "next_run_ms IS NULL AND id > ?", order: "id", values: ([, id]) => [id] };

interface Filter {
  readonly tag: string | undefined;
  /** Text in lower case that stands in the JSON; "" for any. */
  readonly text: string;
}

interface Wanted {
  readonly filter: Filter;
  readonly after: Place;
  readonly limit: number;
}

/** Reads the first jobs after a place; with a filter, looks through the list some jobs at a time. */
async function search(sessions: Sessions, part: Part, { filter, after, limit }: Wanted): Promise<SqlRow[]> {
  if (filter.tag === undefined && filter.text === "")
    return sessions.read((session) => pageOf(session, part, after, limit));
  const found: SqlRow[] = [];
  for (let from: Place | undefined = after; from !== undefined && found.length < limit; ) {
    const start: Place = from;
    const piece = await sessions.read((session) => ({
      rows: filtered(session, part, start, filter),
      end: pageOf(session, part, start, 1, AT_ONCE - 1)[0],
    }));
    found.push(...piece.rows);
    from = piece.end && placeOf(piece.end);
    if (from !== undefined) await setImmediate();
  }
  return found.slice(0, limit);
}

function pageOf(session: Session, { where, order, values }: Part, after: Place, limit: number, offset = 0): SqlRow[] {
  return session.rows(
    `SELECT id, next_run_ms, version, spec FROM scheduler_jobs INDEXED BY scheduler_jobs_due
     WHERE ns = ? AND ${where} ORDER BY ${order} LIMIT ? OFFSET ?`,
    ...[session.ns, ...values(after), limit, offset],
  );
}

/** Jobs of a tag, or with a text, among the next ones; a text that is no JSON has no tags. */
function filtered(session: Session, { where, order, values }: Part, after: Place, { tag, text }: Filter): SqlRow[] {
  return session.rows(
    `SELECT id, next_run_ms, version, spec FROM (
       SELECT id, next_run_ms, version, spec FROM scheduler_jobs INDEXED BY scheduler_jobs_due
       WHERE ns = ? AND ${where} ORDER BY ${order} LIMIT ?) AS next
     WHERE ${tag === undefined ? "TRUE" : TAGGED} AND ${text === "" ? "TRUE" : "instr(lower(spec), ?) > 0"} ORDER BY ${order}`,
    ...[session.ns, ...values(after), AT_ONCE, ...(tag === undefined ? [] : [tag]), ...(text === "" ? [] : [text])],
  );
}

const TAGGED =
  "EXISTS (SELECT 1 FROM json_each(CASE WHEN json_valid(spec) THEN spec ELSE '{}' END, '$.tags') WHERE value = ?)";

function placeOf(row: SqlRow): Place {
  return [msOrNull(row["next_run_ms"]), row["id"] as string];
}

function readable(row: SqlRow): JobRecord[] {
  try {
    return [asJob(row)];
  } catch {
    return []; // claimDue reports it
  }
}

function asJob(row: SqlRow): JobRecord {
  return decodeJobOf(row["id"] as string, row["spec"] as string, msOrNull(row["next_run_ms"]), ms(row["version"]));
}
