import { encodeJob } from "../../core/job-record.js";
import type { DispatchRequest, DispatchResult, NewInstance, PlannedRun } from "../../core/job-store.js";
import { runCountAfter } from "../../core/run-limit.js";
import { mostDeliveries } from "../deliveries.js";
import type { SqlRow } from "../sql/execution-row.js";
import { ms, msOrNull } from "../sql/values.js";
import { countInstances, openInstance } from "./instances.js";
import { wake } from "./jobs.js";
import type { Session } from "./session.js";
import { isWaiting, queue } from "./waiting.js";

/** Result without runs: nothing is left to do, and nothing is leased. */
const NOTHING: DispatchResult = { kind: "started", token: 0, runs: [] };
const STALE: DispatchResult = { kind: "stale" };
const MAX_INSTANCES: DispatchResult = { kind: "max_instances" };
const FIRST_TOKEN = 1;

/** Applies one request inside a transaction. `spec` is the instance's job as JSON. */
export function dispatchOne(session: Session, request: DispatchRequest, spec: string): DispatchResult {
  const { jobId, claim, instance } = request;
  const [row] = session.rows(
    "SELECT next_run_ms, version, lease_until, max_instances FROM scheduler_jobs WHERE ns = ? AND id = ?",
    ...[session.ns, jobId],
  );
  const isHeld = row !== undefined && holds(row, request);
  // A valid claim has not been used before; a run by hand has no claim to check.
  if (instance !== undefined && (claim === undefined || !isHeld)) {
    const before = repeated(session, instance);
    if (before !== undefined) return before;
  }
  if (!isHeld) return row !== undefined && isDone(row, request) ? NOTHING : STALE;
  const result = instance === undefined ? NOTHING : open(session, request, instance, row, spec);
  if (claim !== undefined) advance(session, request, result);
  return result;
}

/** True when the claim of the request is valid. */
function holds(row: SqlRow, { claim }: DispatchRequest): boolean {
  return claim === undefined || (ms(row["version"]) === claim.version && ms(row["lease_until"]) > 0);
}

/** True when the job is as the request left it: the request is a repetition. */
function isDone(row: SqlRow, { claim }: DispatchRequest): boolean {
  if (claim === undefined || ms(row["lease_until"]) !== 0) return false;
  return ms(row["version"]) === claim.version + 1 && msOrNull(row["next_run_ms"]) === claim.nextRunMs;
}

/** Returns the result of the same request, whose answer was lost. */
function repeated(session: Session, { id, owner, runs }: NewInstance): DispatchResult | undefined {
  const states = new Map(runs.map((run) => [run, stateOf(session, run.executionId)] as const));
  const known = [...states.values()];
  if (known.every((state) => state === undefined)) return undefined;
  if (known.at(-1) === "queued") return { kind: "queued", superseded: [], cancel: [] };
  if (known.includes("max_instances")) return MAX_INSTANCES;
  const [instance] = session.rows(
    "SELECT token, owner FROM scheduler_instances WHERE ns = ? AND id = ?",
    ...[session.ns, id],
  );
  // Ended, reclaimed by another, or leased already by this scheduler's own reclaim.
  if (instance === undefined || instance["owner"] !== owner || ms(instance["token"]) !== FIRST_TOKEN) return NOTHING;
  const unfinished = runs.filter((run) => ["submitted", "running"].includes(String(states.get(run))));
  return { kind: "started", token: FIRST_TOKEN, runs: unfinished };
}

function stateOf(session: Session, executionId: string): string | undefined {
  const [row] = session.rows(
    "SELECT state FROM scheduler_executions WHERE ns = ? AND id = ?",
    ...[session.ns, executionId],
  );
  return row?.["state"] as string | undefined;
}

/** Counts the running instances, writes the executions and opens the instance. */
function open(
  session: Session,
  request: DispatchRequest,
  instance: NewInstance,
  row: SqlRow,
  spec: string,
): DispatchResult {
  const { job, overlap = "skip", skipExistingExcept } = instance;
  const maxInstances = Number(row["max_instances"]);
  const mayWait = overlap !== "skip";
  // The waiting run is the next to start: a later one replaces it and never goes before it.
  const isFull = countInstances(session, job.id) >= maxInstances || (mayWait && isWaiting(session, job.id));
  if (isFull && skipExistingExcept !== undefined) return MAX_INSTANCES;
  const runs = writeExecutions(session, request, instance, isFull);
  if (runs.length === 0) return NOTHING;
  if (!isFull) return begin(session, instance, runs, spec);
  return mayWait && runs.at(-1) === instance.runs.at(-1) ? queue(session, request, maxInstances) : MAX_INSTANCES;
}

/** Writes the executions, without run times that the job has had, by the unique key; returns the written runs. */
function writeExecutions(
  session: Session,
  { claim }: DispatchRequest,
  instance: NewInstance,
  isFull: boolean,
): readonly PlannedRun[] {
  const { job, id, owner, runs, overlap = "skip", skipExistingExcept = [] } = instance;
  const { ns, nowMs } = session;
  // A run by hand may have a run time of the trigger: its instance distinguishes it.
  const isByHand = claim === undefined && instance.skipExistingExcept === undefined;
  if (skipExistingExcept.length > 0) free(session, instance);
  return runs.filter(({ executionId, scheduledAt }, at) => {
    const waits = isFull && overlap !== "skip" && at === runs.length - 1;
    const state = waits ? "queued" : isFull ? "max_instances" : "submitted";
    const written = session.run(
      `INSERT INTO scheduler_executions (ns, id, job_id, job_name, incarnation, scheduled_ms, submitted_ms, finished_ms,
         state, owner, token, instance_id, attempt) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1)
       ON CONFLICT (ns, job_id, incarnation, scheduled_ms) DO NOTHING`,
      ...[ns, executionId, job.id, job.name, isByHand ? id : job.incarnation, scheduledAt, nowMs],
      ...[state === "max_instances" ? nowMs : null, state, owner, FIRST_TOKEN, id],
    );
    return written > 0;
  });
}

/** Releases the run times of executions that ended in those states: each is then identified by its own id, as one by hand. */
function free(session: Session, { job, runs, skipExistingExcept = [] }: NewInstance): void {
  session.run(
    `UPDATE scheduler_executions SET incarnation = id WHERE ns = ? AND job_id = ? AND incarnation = ?
       AND scheduled_ms IN (SELECT value FROM json_each(?)) AND state IN (SELECT value FROM json_each(?))`,
    ...[session.ns, job.id, job.incarnation, JSON.stringify(runs.map(({ scheduledAt }) => scheduledAt))],
    JSON.stringify(skipExistingExcept),
  );
}

function begin(session: Session, instance: NewInstance, runs: readonly PlannedRun[], spec: string): DispatchResult {
  const { id, job, owner, leaseMs, released = false } = instance;
  const { nowMs } = session;
  openInstance(session, {
    ...{ id, jobId: job.id, job, owner, runs, spec, released, token: FIRST_TOKEN },
    ...{ leaseUntil: released ? nowMs : nowMs + leaseMs, deliveries: released ? 0 : 1 },
    maxDeliveries: mostDeliveries(job),
  });
  if (released) wake(session);
  return { kind: "started", token: FIRST_TOKEN, runs };
}

/** Moves the job to its next run, or removes it without one; a job with a reached limit stays without a next run. */
function advance(session: Session, request: DispatchRequest, result: DispatchResult): void {
  const { ns } = session;
  const { jobId, claim, instance } = request;
  const next = claim!.nextRunMs;
  const runCount = runCountAfter(request, result);
  if (next === null) {
    session.run("DELETE FROM scheduler_jobs WHERE ns = ? AND id = ?", ns, jobId);
    return;
  }
  session.run(
    "UPDATE scheduler_jobs SET next_run_ms = ?, lease_until = 0, version = version + 1 WHERE ns = ? AND id = ?",
    ...[runCount !== undefined && runCount >= instance!.job.maxRuns! ? null : next, ns, jobId],
  );
  if (runCount === undefined) return;
  // As encodeJob writes them, the count and its limit are the first members behind the format.
  session.run(
    `UPDATE scheduler_jobs SET spec = substr(spec, 1, instr(spec, '"runCount":') + 10) || ?
       || substr(spec, instr(spec, ',"maxRuns":')) WHERE ns = ? AND id = ?`,
    ...[String(runCount), ns, jobId],
  );
}

/** Returns each instance's job as JSON. */
export function specsOf(requests: readonly DispatchRequest[]): ReadonlyMap<DispatchRequest, string> {
  return new Map(
    requests.map((request) => [request, request.instance === undefined ? "" : encodeJob(request.instance.job)]),
  );
}
