import { encodeJob } from "../../core/job-record.js";
import type { DispatchRequest, DispatchResult, NewInstance } from "../../core/job-store.js";
import { runCountAfter } from "../../core/run-limit.js";
import { mostDeliveries } from "../deliveries.js";
import {
  FIRST_TOKEN,
  firstOfEachClaim,
  holds,
  isDone,
  isLeftAlone,
  mayWait,
  type NewExecution,
  NOTHING,
  newExecutions,
  repeatedResult,
  STALE,
} from "../sql/dispatch-results.js";
import { inPieces } from "../sql/in-pieces.js";
import { ms } from "../sql/values.js";
import { isDuplicate } from "./failure.js";
import type { Row, Session, Sessions } from "./session.js";
import type { Tables } from "./tables.js";
import { queue, waitingOf } from "./waiting.js";
import { EXACT, idList, locking, rowList, WANT_IDS, wantRows } from "./want.js";

/**
 * One transaction for a whole batch (for several, when the jobs' arguments are long). Job rows are locked in the order of
 * their ids, so that two batches never wait for each other in a circle; everything else hangs on those locks.
 */
export async function dispatch(
  sessions: Sessions,
  tables: Tables,
  requests: readonly DispatchRequest[],
): Promise<DispatchResult[]> {
  const specs = new Map(
    requests.map(({ instance }) => [instance, instance === undefined ? "" : encodeJob(instance.job)]),
  );
  const results: DispatchResult[] = [];
  for (const piece of inPieces(requests, ({ instance }) => specs.get(instance)!.length)) {
    results.push(...(await sessions.transaction((session) => new Batch(session, tables, specs).carryOut(piece))));
  }
  return results;
}

class Batch {
  constructor(
    private readonly session: Session,
    private readonly tables: Tables,
    private readonly specs: ReadonlyMap<NewInstance | undefined, string>,
  ) {}

  async carryOut(requests: readonly DispatchRequest[]): Promise<DispatchResult[]> {
    const rows = await this.lockJobs(requests);
    const fresh = firstOfEachClaim(requests.filter((request) => holds(rows.get(request.jobId), request)));
    // A valid claim has not been used before; a run by hand has no claim to check.
    const repeated = await this.repeated(
      requests.filter((request) => request.claim === undefined || !fresh.has(request)),
    );
    const toDo = requests.filter((request) => fresh.has(request) && !repeated.has(request));
    const opened = await this.open(toDo, rows);
    await this.advance(toDo, opened);
    return requests.map(
      (request) =>
        repeated.get(request) ?? opened.get(request) ?? (isDone(rows.get(request.jobId), request) ? NOTHING : STALE),
    );
  }

  async lockJobs(requests: readonly DispatchRequest[]): Promise<Map<string, Row>> {
    const { ns, jobs, now } = this.tables;
    const rows = await this.session.rows(
      `SELECT j.id, j.next_run_ms, j.version, j.lease_until, j.max_instances, ${now} AS now_ms
       FROM ${WANT_IDS} STRAIGHT_JOIN ${jobs} j FORCE INDEX (PRIMARY) ON j.ns = ? AND j.id = want.id ${EXACT} ${locking("j")}`,
      [idList(requests.map(({ jobId }) => jobId)), ns],
    );
    return new Map(rows.map((row) => [row["id"] as string, row]));
  }

  /** Repeats the results of requests that were applied before, whose answer was lost. */
  async repeated(requests: readonly DispatchRequest[]): Promise<Map<DispatchRequest, DispatchResult>> {
    const suspects = requests.filter(({ instance }) => instance !== undefined);
    if (suspects.length === 0) return new Map();
    const { ns, instances, executions } = this.tables;
    const open = await this.session.rows(
      `SELECT i.id, i.token, i.owner
       FROM ${WANT_IDS} STRAIGHT_JOIN ${instances} i FORCE INDEX (PRIMARY) ON i.ns = ? AND i.id = want.id ${EXACT}`,
      [idList(suspects.map(({ instance }) => instance!.id)), ns],
    );
    const openById = new Map(open.map((row) => [row["id"] as string, row]));
    const rows = await this.session.rows(
      `SELECT e.id, e.state
       FROM ${WANT_IDS} STRAIGHT_JOIN ${executions} e FORCE INDEX (PRIMARY) ON e.ns = ? AND e.id = want.id ${EXACT}`,
      [idList(suspects.flatMap(({ instance }) => instance!.runs.map((run) => run.executionId))), ns],
    );
    const states = new Map(rows.map((row) => [row["id"] as string, row["state"] as string]));
    return new Map(
      suspects.flatMap((request) => {
        const result = repeatedResult(request.instance!, openById.get(request.instance!.id), states);
        return result === undefined ? [] : [[request, result] as const];
      }),
    );
  }

  /** Counts the running instances, writes the executions and opens the instances. */
  async open(
    requests: readonly DispatchRequest[],
    rows: ReadonlyMap<string, Row>,
  ): Promise<Map<DispatchRequest, DispatchResult>> {
    const results = new Map<DispatchRequest, DispatchResult>(requests.map((request) => [request, NOTHING]));
    const opening = requests.filter(({ instance }) => instance !== undefined && instance.runs.length > 0);
    if (opening.length === 0) return results;
    const nowMs = ms(rows.get(opening[0]!.jobId)!["now_ms"]);
    const full = await this.tooMany(opening, rows);
    const isQueued = (request: DispatchRequest) => full.has(request) && mayWait(request);
    const written = await this.writeExecutions(opening, full, nowMs);
    for (const request of opening) {
      if (isLeftAlone(request, full)) results.set(request, { kind: "max_instances" });
      const runs = request.instance!.runs.filter((run) => written.has(run.executionId));
      if (runs.length === 0) continue;
      const isLastNew = written.has(request.instance!.runs.at(-1)!.executionId);
      if (isQueued(request) && isLastNew) {
        const maxInstances = Number(rows.get(request.jobId)!["max_instances"]);
        results.set(request, await queue(this.session, this.tables, request, { nowMs, maxInstances }));
      } else if (full.has(request)) results.set(request, { kind: "max_instances" });
      else results.set(request, { kind: "started", token: FIRST_TOKEN, runs });
    }
    await this.writeInstances(results, nowMs);
    return results;
  }

  /** Those for which as many instances run already as the job allows, or that come behind a run that waits. */
  async tooMany(opening: readonly DispatchRequest[], rows: ReadonlyMap<string, Row>): Promise<Set<DispatchRequest>> {
    const { ns, instances } = this.tables;
    const counts = await this.session.rows(
      `SELECT i.job_id, COUNT(*) AS n
       FROM ${WANT_IDS} STRAIGHT_JOIN ${instances} i FORCE INDEX (job) ON i.ns = ? AND i.job_id = want.id ${EXACT}
       GROUP BY i.job_id`,
      [idList(opening.map(({ jobId }) => jobId)), ns],
    );
    const candidates = opening.filter(mayWait).map(({ jobId }) => jobId);
    const waiting = await waitingOf(this.session, this.tables, candidates);
    const running = new Map(counts.map((row) => [row["job_id"] as string, Number(row["n"])]));
    const full = new Set<DispatchRequest>();
    for (const request of opening) {
      const count = running.get(request.jobId) ?? 0;
      const isBehind = mayWait(request) && waiting.has(request.jobId);
      if (isBehind || count >= Number(rows.get(request.jobId)!["max_instances"])) {
        full.add(request);
        if (mayWait(request)) waiting.add(request.jobId);
      } else running.set(request.jobId, count + 1);
    }
    return full;
  }

  /** Writes the executions, without run times that were executed before, by the unique key; returns those written. */
  async writeExecutions(
    opening: readonly DispatchRequest[],
    full: ReadonlySet<DispatchRequest>,
    nowMs: number,
  ): Promise<Set<string>> {
    const writing = opening.filter((request) => !isLeftAlone(request, full));
    const rows = writing.flatMap((request) => newExecutions(request, full.has(request), nowMs));
    try {
      await this.insertExecutions(rows);
      return new Set(rows.map(({ id }) => id));
    } catch (error) {
      if (!isDuplicate(error)) throw error;
      for (const { instance } of writing)
        if ((instance!.skipExistingExcept?.length ?? 0) > 0) await this.free(instance!);
      const left = await this.notYetExecuted(rows);
      await this.insertExecutions(left);
      return new Set(left.map(({ id }) => id));
    }
  }

  /** Releases the run times of executions that ended in those states: each is then identified by its own id, as one by hand. */
  async free({ job, runs, skipExistingExcept }: NewInstance): Promise<void> {
    const { ns, executions } = this.tables;
    await this.session.run(
      `UPDATE ${executions} SET incarnation = id WHERE ns = ? AND job_id = ? AND incarnation = ? AND scheduled_ms IN (?)
         AND state IN (?)`,
      [ns, job.id, job.incarnation, runs.map(({ scheduledAt }) => scheduledAt), skipExistingExcept],
    );
  }

  async insertExecutions(rows: readonly NewExecution[]): Promise<void> {
    if (rows.length === 0) return;
    await this.session.run(
      `INSERT INTO ${this.tables.executions} (ns, id, job_id, job_name, incarnation, scheduled_ms, submitted_ms,
         finished_ms, state, owner, token, instance_id, attempt) VALUES ?`,
      [rows.map((row) => valuesOf(this.tables.ns, row))],
    );
  }

  async notYetExecuted(rows: readonly NewExecution[]): Promise<NewExecution[]> {
    const found = await this.session.rows(
      `SELECT job_id, incarnation, scheduled_ms FROM ${this.tables.executions}
       WHERE ${rows.map(() => "ns = ? AND job_id = ? AND incarnation = ? AND scheduled_ms = ?").join(" OR ")}`,
      rows.flatMap(({ jobId, incarnation, scheduledAt }) => [this.tables.ns, jobId, incarnation, scheduledAt]),
    );
    const key = (...parts: unknown[]) => JSON.stringify(parts);
    const executed = new Set(found.map((row) => key(row["job_id"], row["incarnation"], ms(row["scheduled_ms"]))));
    return rows.filter(({ jobId, incarnation, scheduledAt }) => !executed.has(key(jobId, incarnation, scheduledAt)));
  }

  async writeInstances(results: ReadonlyMap<DispatchRequest, DispatchResult>, nowMs: number): Promise<void> {
    const { ns, instances } = this.tables;
    const rows = [...results].flatMap(([{ instance }, result]) => {
      if (instance === undefined || result.kind !== "started" || result.runs.length === 0) return [];
      const { id, job, owner, leaseMs, released = false } = instance;
      const [leaseUntil, deliveries] = released ? [nowMs, 0] : [nowMs + leaseMs, 1];
      const runs = JSON.stringify(result.runs);
      return [
        [
          ns,
          id,
          job.id,
          job.func,
          owner,
          FIRST_TOKEN,
          leaseUntil,
          1,
          deliveries,
          mostDeliveries(job),
          released ? 1 : 0,
          runs,
          this.specs.get(instance),
        ],
      ];
    });
    if (rows.length === 0) return;
    await this.session.run(
      `INSERT INTO ${instances} (ns, id, job_id, func, owner, token, lease_until, attempt, deliveries, max_deliveries,
         offered, runs, spec) VALUES ?`,
      [rows],
    );
  }

  /** Moves the jobs that count their runs; a job with a reached limit stays without a next run. Returns the moved ones. */
  async count(
    requests: readonly DispatchRequest[],
    results: ReadonlyMap<DispatchRequest, DispatchResult>,
  ): Promise<Set<DispatchRequest>> {
    const { ns, jobs } = this.tables;
    const counting = requests.flatMap((request) => {
      const runs = runCountAfter(request, results.get(request) ?? NOTHING);
      const next = request.claim?.nextRunMs ?? null;
      return runs === undefined || next === null ? [] : [{ request, runs, next }];
    });
    if (counting.length === 0) return new Set();
    const rows = counting.map(({ request: { jobId: id, instance }, runs, next }) => ({
      id,
      next_ms: runs >= instance!.job.maxRuns! ? null : next,
      runs,
    }));
    // As encodeJob writes them, the count and its limit are the first members behind the format.
    await this.session.run(
      `UPDATE ${wantRows("next_ms BIGINT", "runs BIGINT")}
       STRAIGHT_JOIN ${jobs} j FORCE INDEX (PRIMARY) ON j.ns = ? AND j.id = want.id ${EXACT}
       SET j.next_run_ms = want.next_ms, j.lease_until = 0, j.version = j.version + 1,
         j.spec = CONCAT(SUBSTRING_INDEX(j.spec, '"runCount":', 1), '"runCount":', want.runs,
           SUBSTRING(j.spec, LOCATE(',"maxRuns":', j.spec)))`,
      [rowList(rows), ns],
    );
    return new Set(counting.map(({ request }) => request));
  }

  /** Moves the jobs to their next runs, and removes those that have none. */
  async advance(all: readonly DispatchRequest[], results: ReadonlyMap<DispatchRequest, DispatchResult>): Promise<void> {
    const { ns, jobs } = this.tables;
    const counting = await this.count(all, results);
    const claimed = all.flatMap((request) =>
      request.claim === undefined || counting.has(request)
        ? []
        : [{ id: request.jobId, next_ms: request.claim.nextRunMs }],
    );
    const moved = claimed.filter(({ next_ms }) => next_ms !== null);
    const ended = claimed.filter(({ next_ms }) => next_ms === null);
    const wantedJobs = `STRAIGHT_JOIN ${jobs} j FORCE INDEX (PRIMARY) ON j.ns = ? AND j.id = want.id ${EXACT}`;
    if (moved.length > 0) {
      await this.session.run(
        `UPDATE ${wantRows("next_ms BIGINT")} ${wantedJobs}
         SET j.next_run_ms = want.next_ms, j.lease_until = 0, j.version = j.version + 1`,
        [rowList(moved), ns],
      );
    }
    if (ended.length > 0) {
      await this.session.run(`DELETE j FROM ${WANT_IDS} ${wantedJobs}`, [idList(ended.map(({ id }) => id)), ns]);
    }
  }
}

/** Values of a row as the statement that writes executions has them. */
function valuesOf(ns: string, execution: NewExecution): unknown[] {
  const { id, jobId, jobName, incarnation, scheduledAt, submittedAt, finishedAt, state, owner, instanceId } = execution;
  return [
    ...[ns, id, jobId, jobName, incarnation, scheduledAt, submittedAt],
    ...[finishedAt, state, owner, FIRST_TOKEN, instanceId, 1],
  ];
}
