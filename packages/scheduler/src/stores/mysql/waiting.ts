import { decodeJob, encodeJob, type JobRecord, waitingJob } from "../../core/job-record.js";
import type {
  ClaimRequest,
  DispatchRequest,
  PlannedRun,
  QueuedResult,
  ReclaimedInstance,
} from "../../core/job-store.js";
import { startsWithoutNextRun } from "../../core/run-limit.js";
import { type ClaimFilter, claimFilters } from "../claim-filters.js";
import { mostDeliveries, withTaskAck } from "../deliveries.js";
import { askedIds, SEPARATOR } from "../sql/asked-ids.js";
import { limitOf, ms } from "../sql/values.js";
import type { Row, Session, Sessions } from "./session.js";
import type { Tables } from "./tables.js";
import { EXACT, idList, locking, WANT_IDS } from "./want.js";

/** Token of an instance that waited: no dispatch gives it, so that a repeated one does not pass for its owner. */
const STARTED_TOKEN = 2;

/** Queues the last run of a request in place of the waiting one; its job's row is locked. */
export async function queue(
  session: Session,
  tables: Tables,
  request: DispatchRequest,
  { nowMs, maxInstances }: { readonly nowMs: number; readonly maxInstances: number },
): Promise<QueuedResult> {
  const { ns, waiting } = tables;
  const { jobId, instance } = request;
  const { id, job, runs, overlap } = instance!;
  const superseded = await supersede(session, tables, jobId, nowMs);
  const { executionId, scheduledAt } = runs.at(-1)!;
  const { func, executor, max, deliveries, spec } = columnsOf(job);
  await session.run(
    `INSERT INTO ${waiting} (ns, job_id, id, execution_id, scheduled_ms, func, executor, max_instances, max_deliveries,
       no_next_run, queued_ms, spec) VALUES (?)`,
    [
      [
        ns,
        jobId,
        id,
        executionId,
        scheduledAt,
        func,
        executor,
        max,
        deliveries,
        startsWithoutNextRun(request) ? 1 : 0,
        nowMs,
        spec,
      ],
    ],
  );
  const cancel = overlap === "cancel-other" ? await askToEnd(session, tables, jobId, maxInstances) : [];
  return { kind: "queued", superseded, cancel };
}

/** The jobs of which a run waits, locked. */
export async function waitingOf(session: Session, { ns, waiting }: Tables, jobIds: readonly string[]) {
  if (jobIds.length === 0) return new Set<string>();
  const rows = await session.rows(
    `SELECT w.job_id FROM ${WANT_IDS} STRAIGHT_JOIN ${waiting} w FORCE INDEX (PRIMARY)
       ON w.ns = ? AND w.job_id = want.id ${EXACT} ${locking("w")}`,
    [idList(jobIds), ns],
  );
  return new Set(rows.map((row) => row["job_id"] as string));
}

/** Returns the statement that updates the waiting run of a changed job. */
export function waitingChange({ ns, waiting }: Tables, job: JobRecord) {
  const { func, executor, max, deliveries, spec } = columnsOf(job);
  return {
    sql: `UPDATE ${waiting} SET func = ?, executor = ?, max_instances = ?, max_deliveries = ?, spec = ? WHERE ns = ? AND job_id = ?`,
    values: [String(func), executor, max, deliveries, spec, ns, job.id],
  };
}

/** Ends the waiting run of one job, or of all, as cancelled; returns true when there was one. */
export async function cancelWaiting(sessions: Sessions, tables: Tables, where: WaitingWhere): Promise<boolean> {
  const { ns, waiting } = tables;
  const { sql, values } = conditionOf(where);
  const found = await sessions.each((session) =>
    session.rows(`SELECT 1 FROM ${waiting} w WHERE w.ns = ? ${sql} LIMIT 1`, [ns, ...values]),
  );
  if (found.length === 0) return false;
  await sessions.transaction(async (session) => {
    for (const statement of endWaiting(tables, where)) await session.run(statement.sql, statement.values);
  });
  return true;
}

export interface WaitingWhere {
  readonly jobId?: string;
  readonly executionId?: string;
}

/** Returns the statements that end waiting runs as cancelled. */
export function endWaiting({ ns, waiting, executions, now }: Tables, where: WaitingWhere) {
  const { sql, values } = conditionOf(where);
  return [
    {
      sql: `UPDATE ${waiting} w STRAIGHT_JOIN ${executions} e FORCE INDEX (PRIMARY) ON e.ns = w.ns AND e.id = w.execution_id ${EXACT}
            SET e.state = 'cancelled', e.finished_ms = ${now}, e.token = 0 WHERE w.ns = ? AND e.state = 'queued' ${sql}`,
      values: [ns, ...values],
    },
    { sql: `DELETE w FROM ${waiting} w WHERE w.ns = ? ${sql}`, values: [ns, ...values] },
  ];
}

function conditionOf({ jobId, executionId }: WaitingWhere): { sql: string; values: string[] } {
  if (jobId !== undefined) return { sql: "AND w.job_id = ?", values: [jobId] };
  return executionId === undefined ? { sql: "", values: [] } : { sql: "AND w.execution_id = ?", values: [executionId] };
}

/** Records a replaced waiting run as `max_instances`. */
async function supersede(session: Session, tables: Tables, jobId: string, nowMs: number): Promise<PlannedRun[]> {
  const { ns, waiting, executions } = tables;
  const [row] = await session.rows(
    `SELECT execution_id, scheduled_ms FROM ${waiting} WHERE ns = ? AND job_id = ? FOR UPDATE`,
    [ns, jobId],
  );
  if (row === undefined) return [];
  const executionId = row["execution_id"] as string;
  await session.run(
    `UPDATE ${executions} SET state = 'max_instances', finished_ms = ?, token = 0 WHERE ns = ? AND id = ?`,
    [nowMs, ns, executionId],
  );
  await session.run(`DELETE FROM ${waiting} WHERE ns = ? AND job_id = ?`, [ns, jobId]);
  return [{ executionId, scheduledAt: ms(row["scheduled_ms"]) }];
}

/** Asks as many instances to end as must go for one more, the oldest first; returns their executions. */
async function askToEnd(session: Session, tables: Tables, jobId: string, maxInstances: number): Promise<string[]> {
  const { ns, instances, executions } = tables;
  const open = await session.rows(
    `SELECT id, runs, cancel_ids FROM ${instances} FORCE INDEX (job) WHERE ns = ? AND job_id = ? ORDER BY id FOR UPDATE`,
    [ns, jobId],
  );
  const planned = new Map(open.map((row) => [row["id"] as string, runIds(row)]));
  const rows = await session.rows(
    `SELECT e.id, e.submitted_ms FROM ${WANT_IDS} STRAIGHT_JOIN ${executions} e FORCE INDEX (PRIMARY)
       ON e.ns = ? AND e.id = want.id ${EXACT} WHERE e.state IN ('submitted', 'running')`,
    [idList([...planned.values()].flat()), ns],
  );
  const submitted = new Map(rows.map((row) => [row["id"] as string, ms(row["submitted_ms"])]));
  const unfinished = open.map((row) => ({
    id: row["id"] as string,
    asked: askedIds(row["cancel_ids"]),
    runs: planned.get(row["id"] as string)!.filter((id) => submitted.has(id)),
  }));
  const age = ({ runs }: { runs: readonly string[] }) => Math.min(...runs.map((id) => submitted.get(id)!));
  const oldest = unfinished.sort((a, b) => age(a) - age(b)).slice(0, Math.max(0, open.length + 1 - maxInstances));
  for (const { id, asked, runs } of oldest) {
    const text = [...new Set([...asked, ...runs])].join(SEPARATOR);
    await session.run(`UPDATE ${instances} SET cancel_ids = ? WHERE ns = ? AND id = ?`, [text, ns, id]);
  }
  return oldest.flatMap(({ runs }) => runs);
}

function runIds(row: Row): string[] {
  try {
    return (JSON.parse(row["runs"] as string) as PlannedRun[]).map(({ executionId }) => executionId);
  } catch {
    return []; // its lease will end, and it is lost then
  }
}

/** Leases the runs that have waited for a place that is free now to the owner; also whether any wait. */
export async function startWaiting(
  sessions: Sessions,
  tables: Tables,
  request: ClaimRequest,
  limit: number,
): Promise<readonly ReclaimedInstance[]> {
  const jobIds = await sessions.each((session) => startableJobs(session, tables, request, limit));
  if (jobIds.length === 0) return [];
  let unanswered: readonly ReclaimedInstance[] = [];
  return sessions.transaction(async (session) => {
    if (session.again && (await stands(session, tables, request, unanswered))) return unanswered;
    unanswered = await startThose(session, tables, request, jobIds);
    return unanswered;
  });
}

/** Finds candidates without locks; they are read again under locks. */
async function startableJobs(session: Session, tables: Tables, request: ClaimRequest, limit: number) {
  const { ns, waiting, jobs, instances } = tables;
  const mine = runnable(claimFilters(request));
  const rows = await session.rows(
    `SELECT w.job_id FROM ${waiting} w LEFT JOIN ${jobs} j ON j.ns = w.ns AND j.id = w.job_id
     WHERE w.ns = ? AND ${mine.where} AND (j.id IS NULL OR j.next_run_ms IS NOT NULL OR w.no_next_run = 1)
       AND (SELECT COUNT(*) FROM ${instances} i WHERE i.ns = w.ns AND i.job_id = w.job_id)
         < COALESCE(j.max_instances, w.max_instances)
     ORDER BY w.queued_ms LIMIT ?`,
    [ns, ...mine.values, limitOf(limit, { least: 0, most: 200 })],
  );
  return rows.map((row) => row["job_id"] as string);
}

/** Job rows are locked first, as by a dispatch, so that both count the same instances. */
async function startThose(session: Session, tables: Tables, request: ClaimRequest, jobIds: readonly string[]) {
  const { ns, waiting, jobs, instances, executions, now } = tables;
  const { owner, leaseMs } = request;
  const jobRows = await session.rows(
    `SELECT j.id, j.next_run_ms, j.max_instances FROM ${WANT_IDS} STRAIGHT_JOIN ${jobs} j FORCE INDEX (PRIMARY)
       ON j.ns = ? AND j.id = want.id ${EXACT} ${locking("j")}`,
    [idList(jobIds), ns],
  );
  const rows = await session.rows(
    `SELECT w.*, ${now} AS now_ms FROM ${WANT_IDS} STRAIGHT_JOIN ${waiting} w FORCE INDEX (PRIMARY)
       ON w.ns = ? AND w.job_id = want.id ${EXACT} ${locking("w")}`,
    [idList(jobIds), ns],
  );
  const jobsById = new Map(jobRows.map((row) => [row["id"] as string, row]));
  const counts = await session.rows(
    `SELECT i.job_id, COUNT(*) AS n FROM ${WANT_IDS} STRAIGHT_JOIN ${instances} i FORCE INDEX (job)
       ON i.ns = ? AND i.job_id = want.id ${EXACT} GROUP BY i.job_id`,
    [idList(jobIds), ns],
  );
  const running = new Map(counts.map((row) => [row["job_id"] as string, Number(row["n"])]));
  const started: ReclaimedInstance[] = [];
  for (const row of rows) {
    const jobId = row["job_id"] as string;
    const job = jobsById.get(jobId);
    const isPaused = job !== undefined && job["next_run_ms"] === null && Number(row["no_next_run"]) !== 1;
    const max = Number((job ?? row)["max_instances"]);
    if (isPaused || (running.get(jobId) ?? 0) >= max) continue;
    const taken = reclaimed(row);
    if (taken === undefined) {
      await endUnreadable(session, tables, row);
      continue;
    }
    started.push(taken);
    await session.run(
      `INSERT INTO ${instances} (ns, id, job_id, func, owner, token, lease_until, attempt, deliveries, max_deliveries,
         offered, runs, spec) VALUES (?)`,
      [
        [
          ...[ns, row["id"], jobId, row["func"], owner, STARTED_TOKEN, ms(row["now_ms"]) + leaseMs, 1, 1],
          ...[mostDeliveries(withTaskAck(taken.job, request.acks)), 0, JSON.stringify(taken.runs), row["spec"]],
        ],
      ],
    );
    await session.run(
      `UPDATE ${executions} SET state = 'submitted', owner = ?, token = ? WHERE ns = ? AND id = ? AND state = 'queued'`,
      [owner, STARTED_TOKEN, ns, row["execution_id"]],
    );
    await session.run(`DELETE FROM ${waiting} WHERE ns = ? AND job_id = ?`, [ns, jobId]);
  }
  return started;
}

/** Undefined when the job cannot be read. */
function reclaimed(row: Row): ReclaimedInstance | undefined {
  const run = { executionId: row["execution_id"] as string, scheduledAt: ms(row["scheduled_ms"]) };
  const instance = { instanceId: row["id"] as string, token: STARTED_TOKEN, attempt: 1, runs: [run], wasQueued: true };
  try {
    return { ...instance, job: decodeJob(row["spec"] as string, null, 0) };
  } catch {
    return undefined;
  }
}

async function endUnreadable(session: Session, { ns, waiting, executions, now }: Tables, row: Row): Promise<void> {
  await session.run(
    `UPDATE ${executions} SET state = 'lost', finished_ms = ${now}, token = 0 WHERE ns = ? AND id = ?`,
    [ns, row["execution_id"]],
  );
  await session.run(`DELETE FROM ${waiting} WHERE ns = ? AND job_id = ?`, [ns, row["job_id"]]);
}

/** True when the COMMIT whose answer was lost succeeded. */
async function stands(
  session: Session,
  { ns, instances }: Tables,
  { owner }: ClaimRequest,
  [first]: readonly ReclaimedInstance[],
): Promise<boolean> {
  if (first === undefined) return false;
  const rows = await session.rows(`SELECT 1 FROM ${instances} WHERE ns = ? AND id = ? AND token = ? AND owner = ?`, [
    ns,
    first.instanceId,
    first.token,
    owner,
  ]);
  return rows.length > 0;
}

function runnable(filters: readonly ClaimFilter[]): { where: string; values: readonly unknown[] } {
  const each = filters.map(({ executor, tasks }) => ({
    where: `(${executor === undefined ? "TRUE" : "w.executor = ?"} AND ${tasks === undefined ? "TRUE" : "w.func IN (?)"})`,
    values: [executor, tasks?.length === 0 ? [""] : tasks].filter((value) => value !== undefined),
  }));
  const where = each.length === 0 ? "FALSE" : each.map((filter) => filter.where).join(" OR ");
  return { where: `(${where})`, values: each.flatMap(({ values }) => values) };
}

function columnsOf(job: JobRecord) {
  return {
    func: job.func,
    executor: job.executor,
    max: job.maxInstances,
    deliveries: mostDeliveries(job),
    spec: encodeJob(waitingJob(job)),
  };
}
