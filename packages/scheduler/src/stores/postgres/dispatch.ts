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
import { columns, idList } from "./params.js";
import type { Row, Session, Sessions } from "./session.js";
import type { Tables } from "./tables.js";
import { queue, waitingOf } from "./waiting.js";

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
      `SELECT id, next_run_ms, version, lease_until, max_instances, ${now} AS now_ms FROM ${jobs}
       WHERE ns = $1 AND id = ANY($2::text[]) ORDER BY id FOR UPDATE`,
      [ns, idList(requests.map(({ jobId }) => jobId))],
    );
    return new Map(rows.map((row) => [row["id"]!, row]));
  }

  /** Repeats the results of requests that were applied before, whose answer was lost. */
  async repeated(requests: readonly DispatchRequest[]): Promise<Map<DispatchRequest, DispatchResult>> {
    const suspects = requests.filter(({ instance }) => instance !== undefined);
    if (suspects.length === 0) return new Map();
    const { ns, instances, executions } = this.tables;
    const open = await this.session.rows(
      `SELECT id, token, owner FROM ${instances} WHERE ns = $1 AND id = ANY($2::text[])`,
      [ns, idList(suspects.map(({ instance }) => instance!.id))],
    );
    const openById = new Map(open.map((row) => [row["id"]!, row]));
    const rows = await this.session.rows(`SELECT id, state FROM ${executions} WHERE ns = $1 AND id = ANY($2::text[])`, [
      ns,
      idList(suspects.flatMap(({ instance }) => instance!.runs.map((run) => run.executionId))),
    ]);
    const states = new Map(rows.map((row) => [row["id"]!, row["state"]!]));
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
    const written = await this.writeExecutions(opening, full, nowMs);
    for (const request of opening) {
      if (isLeftAlone(request, full)) results.set(request, { kind: "max_instances" });
      const runs = request.instance!.runs.filter((run) => written.has(run.executionId));
      if (runs.length === 0) continue;
      const isLastNew = written.has(request.instance!.runs.at(-1)!.executionId);
      if (full.has(request) && mayWait(request) && isLastNew) {
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
      `SELECT job_id, count(*) AS n FROM ${instances} WHERE ns = $1 AND job_id = ANY($2::text[]) GROUP BY job_id`,
      [ns, idList(opening.map(({ jobId }) => jobId))],
    );
    const candidates = opening.filter(mayWait).map(({ jobId }) => jobId);
    const waiting = await waitingOf(this.session, this.tables, candidates);
    const running = new Map(counts.map((row) => [row["job_id"]!, Number(row["n"])]));
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
    for (const { instance } of writing) if ((instance!.skipExistingExcept?.length ?? 0) > 0) await this.free(instance!);
    const rows = writing.flatMap((request) => newExecutions(request, full.has(request), nowMs));
    if (rows.length === 0) return new Set();
    const written = await this.session.rows(
      `INSERT INTO ${this.tables.executions} (ns, id, job_id, job_name, incarnation, scheduled_ms, finished_ms, state,
         owner, instance_id, submitted_ms, token, attempt)
       SELECT $1, want.*, $11::bigint, $12::bigint, 1
       FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::bigint[], $8::text[], $9::text[],
         $10::text[]) AS want
       ON CONFLICT DO NOTHING RETURNING id`,
      [this.tables.ns, ...columns<NewExecution, typeof EXECUTION>(rows, ...EXECUTION), nowMs, FIRST_TOKEN],
    );
    return new Set(written.map((row) => row["id"]!));
  }

  /** Releases the run times of executions that ended in those states: each is then identified by its own id, as one by hand. */
  async free({ job, runs, skipExistingExcept }: NewInstance): Promise<void> {
    await this.session.run(
      `UPDATE ${this.tables.executions} SET incarnation = id WHERE ns = $1 AND job_id = $2 AND incarnation = $3
         AND scheduled_ms = ANY($4::bigint[]) AND state = ANY($5::text[])`,
      [this.tables.ns, job.id, job.incarnation, runs.map(({ scheduledAt }) => scheduledAt), skipExistingExcept],
    );
  }

  async writeInstances(results: ReadonlyMap<DispatchRequest, DispatchResult>, nowMs: number): Promise<void> {
    const rows = [...results].flatMap(([{ instance }, result]) => {
      if (instance === undefined || result.kind !== "started" || result.runs.length === 0) return [];
      const { id, job, owner, leaseMs, released = false } = instance;
      const { func, executor } = job;
      const [leaseUntil, deliveries] = released ? [nowMs, 0] : [nowMs + leaseMs, 1];
      return [
        {
          ...{ id, jobId: job.id, func, executor, owner, leaseUntil, deliveries, most: mostDeliveries(job) },
          ...{ released: released ? 1 : 0, runs: JSON.stringify(result.runs), spec: this.specs.get(instance)! },
        },
      ];
    });
    if (rows.length === 0) return;
    await this.session.run(
      `INSERT INTO ${this.tables.instances} (ns, id, job_id, func, executor, owner, lease_until, deliveries,
         max_deliveries, released, runs, spec, token, attempt)
       SELECT $1, want.*, $13::bigint, 1
       FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[], $8::bigint[],
         $9::bigint[], $10::smallint[], $11::text[], $12::text[]) AS want`,
      [
        this.tables.ns,
        ...columns(rows, "id", "jobId", "func", "executor", "owner", "leaseUntil", "deliveries", "most"),
        ...columns(rows, "released", "runs", "spec"),
        FIRST_TOKEN,
      ],
    );
  }

  /** Moves the jobs that count their runs; a job with a reached limit stays without a next run. Returns the moved ones. */
  async count(
    requests: readonly DispatchRequest[],
    results: ReadonlyMap<DispatchRequest, DispatchResult>,
  ): Promise<Set<DispatchRequest>> {
    const counting = requests.flatMap((request) => {
      const runs = runCountAfter(request, results.get(request) ?? NOTHING);
      const next = request.claim?.nextRunMs ?? null;
      return runs === undefined || next === null ? [] : [{ request, runs, next }];
    });
    if (counting.length === 0) return new Set();
    const rows = counting.map(({ request: { jobId: id, instance }, runs, next }) => ({
      ...{ id, runs, next: runs >= instance!.job.maxRuns! ? null : next },
    }));
    // As encodeJob writes them, the count and its limit are the first members behind the format.
    await this.session.run(
      `UPDATE ${this.tables.jobs} j SET next_run_ms = want.next_ms, lease_until = 0, version = j.version + 1,
         spec = split_part(j.spec, '"runCount":', 1) || '"runCount":' || want.runs
           || substr(j.spec, strpos(j.spec, ',"maxRuns":'))
       FROM unnest($2::text[], $3::bigint[], $4::bigint[]) AS want (id, next_ms, runs)
       WHERE j.ns = $1 AND j.id = want.id`,
      [this.tables.ns, ...columns(rows, "id", "next", "runs")],
    );
    return new Set(counting.map(({ request }) => request));
  }

  /** Moves the jobs to their next runs, and removes those that have none. */
  async advance(all: readonly DispatchRequest[], results: ReadonlyMap<DispatchRequest, DispatchResult>): Promise<void> {
    const { ns, jobs } = this.tables;
    const counting = await this.count(all, results);
    const claimed = all.flatMap(({ jobId: id, claim }, at) =>
      claim === undefined || counting.has(all[at]!) ? [] : [{ id, next: claim.nextRunMs }],
    );
    const moved = claimed.filter(({ next }) => next !== null);
    const ended = claimed.filter(({ next }) => next === null);
    if (moved.length > 0) {
      await this.session.run(
        `UPDATE ${jobs} j SET next_run_ms = want.next_ms, lease_until = 0, version = j.version + 1
         FROM unnest($2::text[], $3::bigint[]) AS want (id, next_ms) WHERE j.ns = $1 AND j.id = want.id`,
        [ns, ...columns(moved, "id", "next")],
      );
    }
    if (ended.length > 0) {
      await this.session.run(`DELETE FROM ${jobs} WHERE ns = $1 AND id = ANY($2::text[])`, [
        ns,
        idList(ended.map(({ id }) => id)),
      ]);
    }
  }
}

const EXECUTION = [
  ...(["id", "jobId", "jobName", "incarnation", "scheduledAt", "finishedAt", "state", "owner", "instanceId"] as const),
] as const;
