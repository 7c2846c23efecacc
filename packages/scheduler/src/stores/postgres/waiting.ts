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
import { idList, Params } from "./params.js";
import type { Row, Session, Sessions } from "./session.js";
import type { Tables } from "./tables.js";

/** Token of an instance that waited: no dispatch gives it, so that a repeated one does not pass for its owner. */
const STARTED_TOKEN = 2;

/** Queues the last run of a request in place of the waiting one; its job's row is locked. */
export async function queue(
  session: Session,
  tables: Tables,
  request: DispatchRequest,
  { nowMs, maxInstances }: { readonly nowMs: number; readonly maxInstances: number },
): Promise<QueuedResult> {
  const { jobId, instance } = request;
  const { id, job, runs, overlap } = instance!;
  const superseded = await supersede(session, tables, jobId, nowMs);
  const { executionId, scheduledAt } = runs.at(-1)!;
  const { func, executor, max, deliveries, spec } = columnsOf(job);
  await session.run(
    `INSERT INTO ${tables.waiting} (ns, job_id, id, execution_id, scheduled_ms, func, executor, max_instances,
       max_deliveries, no_next_run, queued_ms, spec) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
    [
      ...[tables.ns, jobId, id, executionId, scheduledAt, func, executor, max, deliveries],
      ...[startsWithoutNextRun(request) ? 1 : 0, nowMs, spec],
    ],
  );
  const cancel = overlap === "cancel-other" ? await askToEnd(session, tables, jobId, maxInstances) : [];
  return { kind: "queued", superseded, cancel };
}

/** The jobs of which a run waits, locked. */
export async function waitingOf(session: Session, { ns, waiting }: Tables, jobIds: readonly string[]) {
  if (jobIds.length === 0) return new Set<string>();
  const rows = await session.rows(
    `SELECT job_id FROM ${waiting} WHERE ns = $1 AND job_id = ANY($2::text[]) ORDER BY job_id FOR UPDATE`,
    [ns, idList(jobIds)],
  );
  return new Set(rows.map((row) => row["job_id"]!));
}

/** Returns the statement that updates the waiting run of a changed job. */
export function waitingChange({ ns, waiting }: Tables, job: JobRecord) {
  const { func, executor, max, deliveries, spec } = columnsOf(job);
  return {
    sql: `UPDATE ${waiting} SET func = $1, executor = $2, max_instances = $3, max_deliveries = $4, spec = $5
          WHERE ns = $6 AND job_id = $7`,
    values: [func, executor, max, deliveries, spec, ns, job.id],
  };
}

/** Ends the waiting run of one job, or of all, as cancelled; returns true when there was one. */
export async function cancelWaiting(sessions: Sessions, tables: Tables, where: WaitingWhere): Promise<boolean> {
  const { sql, values } = conditionOf(where);
  const found = await sessions.each((session) =>
    session.rows(`SELECT 1 FROM ${tables.waiting} w WHERE w.ns = $1 ${sql} LIMIT 1`, [tables.ns, ...values]),
  );
  if (found.length === 0) return false;
  const statement = endWaiting(tables, where);
  await sessions.transaction((session) => session.run(statement.sql, statement.values));
  return true;
}

export interface WaitingWhere {
  readonly jobId?: string;
  readonly executionId?: string;
}

/** Returns the statement that ends waiting runs as cancelled. */
export function endWaiting({ ns, waiting, executions, now }: Tables, where: WaitingWhere) {
  const { sql, values } = conditionOf(where);
  return {
    sql: `WITH ended AS (DELETE FROM ${waiting} w WHERE w.ns = $1 ${sql} RETURNING w.ns, w.execution_id)
          UPDATE ${executions} e SET state = 'cancelled', finished_ms = ${now}, token = 0 FROM ended
          WHERE e.ns = ended.ns AND e.id = ended.execution_id AND e.state = 'queued'`,
    values: [ns, ...values],
  };
}

function conditionOf({ jobId, executionId }: WaitingWhere): { sql: string; values: string[] } {
  if (jobId !== undefined) return { sql: "AND w.job_id = $2", values: [jobId] };
  return executionId === undefined
    ? { sql: "", values: [] }
    : { sql: "AND w.execution_id = $2", values: [executionId] };
}

/** Records a replaced waiting run as `max_instances`. */
async function supersede(session: Session, tables: Tables, jobId: string, nowMs: number): Promise<PlannedRun[]> {
  const { ns, waiting, executions } = tables;
  const [row] = await session.rows(
    `DELETE FROM ${waiting} WHERE ns = $1 AND job_id = $2 RETURNING execution_id, scheduled_ms`,
    [ns, jobId],
  );
  if (row === undefined) return [];
  const executionId = row["execution_id"]!;
  await session.run(
    `UPDATE ${executions} SET state = 'max_instances', finished_ms = $3, token = 0 WHERE ns = $1 AND id = $2`,
    [ns, executionId, nowMs],
  );
  return [{ executionId, scheduledAt: ms(row["scheduled_ms"]) }];
}

/** Asks as many instances to end as must go for one more, the oldest first; returns their executions. */
async function askToEnd(session: Session, tables: Tables, jobId: string, maxInstances: number): Promise<string[]> {
  const { ns, instances, executions } = tables;
  const open = await session.rows(
    `SELECT id, runs, cancel_ids FROM ${instances} WHERE ns = $1 AND job_id = $2 ORDER BY id FOR UPDATE`,
    [ns, jobId],
  );
  const planned = new Map(open.map((row) => [row["id"]!, runIds(row)]));
  const rows = await session.rows(
    `SELECT id, submitted_ms FROM ${executions}
     WHERE ns = $1 AND id = ANY($2::text[]) AND state IN ('submitted', 'running')`,
    [ns, idList([...planned.values()].flat())],
  );
  const submitted = new Map(rows.map((row) => [row["id"]!, ms(row["submitted_ms"])]));
  const unfinished = open.map((row) => ({
    id: row["id"]!,
    asked: askedIds(row["cancel_ids"]),
    runs: planned.get(row["id"]!)!.filter((id) => submitted.has(id)),
  }));
  const age = ({ runs }: { runs: readonly string[] }) => Math.min(...runs.map((id) => submitted.get(id)!));
  const oldest = unfinished.sort((a, b) => age(a) - age(b)).slice(0, Math.max(0, open.length + 1 - maxInstances));
  for (const { id, asked, runs } of oldest) {
    const text = [...new Set([...asked, ...runs])].join(SEPARATOR);
    await session.run(`UPDATE ${instances} SET cancel_ids = $3 WHERE ns = $1 AND id = $2`, [ns, id, text]);
  }
  return oldest.flatMap(({ runs }) => runs);
}

function runIds(row: Row): string[] {
  try {
    return (JSON.parse(row["runs"]!) as PlannedRun[]).map(({ executionId }) => executionId);
  } catch {
    return []; // its lease will end, and it is lost then
  }
}

/** Leases the runs that have waited for a slot that is free now to the owner. */
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
  const params = new Params();
  const rows = await session.rows(
    `SELECT w.job_id FROM ${waiting} w LEFT JOIN ${jobs} j ON j.ns = w.ns AND j.id = w.job_id
     WHERE w.ns = ${params.add(ns)} AND ${runnable(claimFilters(request), params)}
       AND (j.id IS NULL OR j.next_run_ms IS NOT NULL OR w.no_next_run = 1)
       AND (SELECT count(*) FROM ${instances} i WHERE i.ns = w.ns AND i.job_id = w.job_id)
         < COALESCE(j.max_instances, w.max_instances)
     ORDER BY w.queued_ms LIMIT ${params.add(limitOf(limit, { least: 0, most: 200 }))}`,
    params.values,
  );
  return rows.map((row) => row["job_id"]!);
}

/** Job rows are locked first, as by a dispatch, so that both count the same instances. */
async function startThose(session: Session, tables: Tables, request: ClaimRequest, jobIds: readonly string[]) {
  const { ns, waiting, jobs, instances, now } = tables;
  const ids = idList(jobIds);
  const jobRows = await session.rows(
    `SELECT id, next_run_ms, max_instances FROM ${jobs} WHERE ns = $1 AND id = ANY($2::text[]) ORDER BY id FOR UPDATE`,
    [ns, ids],
  );
  const rows = await session.rows(
    `SELECT *, ${now} AS now_ms FROM ${waiting} WHERE ns = $1 AND job_id = ANY($2::text[]) ORDER BY job_id FOR UPDATE`,
    [ns, ids],
  );
  const counts = await session.rows(
    `SELECT job_id, count(*) AS n FROM ${instances} WHERE ns = $1 AND job_id = ANY($2::text[]) GROUP BY job_id`,
    [ns, ids],
  );
  const jobsById = new Map(jobRows.map((row) => [row["id"]!, row]));
  const running = new Map(counts.map((row) => [row["job_id"]!, Number(row["n"])]));
  const started: ReclaimedInstance[] = [];
  for (const row of rows) {
    const jobId = row["job_id"]!;
    const job = jobsById.get(jobId);
    const isPaused = job !== undefined && job["next_run_ms"] === null && Number(row["no_next_run"]) !== 1;
    const max = Number((job ?? row)["max_instances"]);
    if (isPaused || (running.get(jobId) ?? 0) >= max) continue;
    const instance = readWaiting(row);
    if (instance === undefined) await endUnreadable(session, tables, row);
    else {
      await start(session, tables, request, { row, instance });
      started.push(instance);
    }
  }
  return started;
}

async function start(
  session: Session,
  { ns, waiting, instances, executions }: Tables,
  { owner, leaseMs, acks }: ClaimRequest,
  { row, instance: { job, runs } }: { readonly row: Row; readonly instance: ReclaimedInstance },
): Promise<void> {
  await session.run(
    `INSERT INTO ${instances} (ns, id, job_id, func, executor, owner, token, lease_until, attempt, deliveries,
       max_deliveries, released, runs, spec) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 1, 1, $9, 0, $10, $11)`,
    [
      ...[ns, row["id"], row["job_id"], row["func"], row["executor"], owner, STARTED_TOKEN],
      ...[ms(row["now_ms"]) + leaseMs, mostDeliveries(withTaskAck(job, acks)), JSON.stringify(runs), row["spec"]],
    ],
  );
  await session.run(
    `UPDATE ${executions} SET state = 'submitted', owner = $3, token = $4 WHERE ns = $1 AND id = $2 AND state = 'queued'`,
    [ns, row["execution_id"], owner, STARTED_TOKEN],
  );
  await session.run(`DELETE FROM ${waiting} WHERE ns = $1 AND job_id = $2`, [ns, row["job_id"]]);
}

/** Undefined when the job cannot be read. */
function readWaiting(row: Row): ReclaimedInstance | undefined {
  const run = { executionId: row["execution_id"]!, scheduledAt: ms(row["scheduled_ms"]) };
  const instance = { instanceId: row["id"]!, token: STARTED_TOKEN, attempt: 1, runs: [run], wasQueued: true };
  try {
    return { ...instance, job: decodeJob(row["spec"]!, null, 0) };
  } catch {
    return undefined;
  }
}

async function endUnreadable(session: Session, { ns, waiting, executions, now }: Tables, row: Row): Promise<void> {
  await session.run(
    `UPDATE ${executions} SET state = 'lost', finished_ms = ${now}, token = 0 WHERE ns = $1 AND id = $2`,
    [ns, row["execution_id"]],
  );
  await session.run(`DELETE FROM ${waiting} WHERE ns = $1 AND job_id = $2`, [ns, row["job_id"]]);
}

/** True when the COMMIT whose answer was lost succeeded. */
async function stands(
  session: Session,
  { ns, instances }: Tables,
  { owner }: ClaimRequest,
  [first]: readonly ReclaimedInstance[],
): Promise<boolean> {
  if (first === undefined) return false;
  const rows = await session.rows(
    `SELECT 1 FROM ${instances} WHERE ns = $1 AND id = $2 AND token = $3 AND owner = $4`,
    [ns, first.instanceId, first.token, owner],
  );
  return rows.length > 0;
}

function runnable(filters: readonly ClaimFilter[], params: Params): string {
  const each = filters.map(({ executor, tasks }) => {
    const parts = ["TRUE"];
    if (executor !== undefined) parts.push(`w.executor = ${params.add(executor)}`);
    if (tasks !== undefined) parts.push(`w.func = ANY(${params.add(tasks)}::text[])`);
    return parts.join(" AND ");
  });
  return `(${each.length === 0 ? "FALSE" : each.join(" OR ")})`;
}

function columnsOf(job: JobRecord) {
  return {
    func: String(job.func),
    executor: job.executor,
    max: job.maxInstances,
    deliveries: mostDeliveries(job),
    spec: encodeJob(waitingJob(job)),
  };
}
