import { encodeJob } from "../../core/job-record.js";
import type { Decision, NewInstance, PlannedRun, Verdict } from "../../core/job-store.js";
import type { Row, Session, Sessions } from "./session.js";
import { caseOf, ms, type Tables } from "./tables.js";

const NOTHING: Verdict = { kind: "started", token: 0, runs: [] };
const FIRST_TOKEN = 1;

/**
 * One transaction for the whole batch. Job rows are locked in the order of their ids, so that two batches never wait
 * for each other in a circle; everything else hangs on those locks.
 */
export function dispatch(sessions: Sessions, tables: Tables, decisions: readonly Decision[]): Promise<Verdict[]> {
  if (decisions.length === 0) return Promise.resolve([]);
  return sessions.transaction((session) => new Batch(session, tables).carryOut(decisions));
}

class Batch {
  readonly #session: Session;
  readonly #tables: Tables;

  constructor(session: Session, tables: Tables) {
    this.#session = session;
    this.#tables = tables;
  }

  async carryOut(decisions: readonly Decision[]): Promise<Verdict[]> {
    const { ns, jobs, now } = this.#tables;
    const ids = [...new Set(decisions.map(({ jobId }) => jobId))].sort();
    const locked = await this.#session.rows(
      `SELECT id, version, lease_until, max_instances, ${now} AS now_ms FROM ${jobs}
       WHERE ns = ? AND id IN (?) ORDER BY id FOR UPDATE`,
      [ns, ids],
    );
    const rows = new Map(locked.map((row) => [row["id"] as string, row]));
    const fresh = decisions.filter((decision) => holds(rows.get(decision.jobId), decision));
    const repeated = await this.#repeated(decisions.filter((decision) => !fresh.includes(decision) || !decision.claim));
    const toDo = fresh.filter((decision) => !repeated.has(decision));
    const opened = await this.#open(toDo, rows);
    await this.#advance(toDo);
    return decisions.map((decision) => repeated.get(decision) ?? opened.get(decision) ?? { kind: "stale" });
  }

  /** Decisions that were carried out before, their answer having been lost, with the same answer again. */
  async #repeated(decisions: readonly Decision[]): Promise<Map<Decision, Verdict>> {
    const suspects = decisions.filter(({ instance }) => instance !== undefined);
    if (suspects.length === 0) return new Map();
    const { ns, instances, executions } = this.#tables;
    const ids = suspects.map(({ instance }) => instance!.id);
    const open = await this.#session.rows(`SELECT id, token, owner FROM ${instances} WHERE ns = ? AND id IN (?)`, [ns, ids]);
    const openById = new Map(open.map((row) => [row["id"] as string, row]));
    const runIds = suspects.flatMap(({ instance }) => instance!.runs.map((run) => run.executionId));
    const rows = await this.#session.rows(`SELECT id, state FROM ${executions} WHERE ns = ? AND id IN (?)`, [ns, runIds]);
    const states = new Map(rows.map((row) => [row["id"] as string, row["state"] as string]));
    return new Map(
      suspects.flatMap((decision) => {
        const verdict = repeatedVerdict(decision.instance!, openById.get(decision.instance!.id), states);
        return verdict === undefined ? [] : [[decision, verdict] as const];
      }),
    );
  }

  async #open(decisions: readonly Decision[], rows: ReadonlyMap<string, Row>): Promise<Map<Decision, Verdict>> {
    const verdicts = new Map<Decision, Verdict>(decisions.map((decision) => [decision, NOTHING]));
    const opening = decisions.filter(({ instance }) => instance !== undefined);
    if (opening.length === 0) return verdicts;
    const nowMs = ms(rows.get(opening[0]!.jobId)!["now_ms"]);
    const running = await this.#running(opening.map(({ jobId }) => jobId));
    const full = new Set<Decision>();
    for (const decision of opening) {
      const count = running.get(decision.jobId) ?? 0;
      if (count >= Number(rows.get(decision.jobId)!["max_instances"])) full.add(decision);
      else running.set(decision.jobId, count + 1);
    }
    const written = await this.#writeExecutions(opening, full, nowMs);
    for (const decision of opening) {
      const runs = decision.instance!.runs.filter((run) => written.has(run.executionId));
      if (runs.length === 0) continue;
      verdicts.set(decision, full.has(decision) ? { kind: "max_instances" } : { kind: "started", token: FIRST_TOKEN, runs });
    }
    await this.#writeInstances(verdicts, nowMs);
    return verdicts;
  }

  async #running(jobIds: readonly string[]): Promise<Map<string, number>> {
    const { ns, instances } = this.#tables;
    const rows = await this.#session.rows(
      `SELECT job_id, COUNT(*) AS n FROM ${instances} WHERE ns = ? AND job_id IN (?) GROUP BY job_id`,
      [ns, jobIds],
    );
    return new Map(rows.map((row) => [row["job_id"] as string, Number(row["n"])]));
  }

  /** Run times that were executed before are kept out by the unique key; answers the executions that were written. */
  async #writeExecutions(opening: readonly Decision[], full: ReadonlySet<Decision>, nowMs: number): Promise<Set<string>> {
    const { ns, executions } = this.#tables;
    const rows = opening.flatMap((decision) => {
      const { job, id, owner, runs } = decision.instance!;
      const isFull = full.has(decision);
      const incarnation = decision.claim === undefined ? id : job.incarnation;
      const name = job.name.slice(0, 190);
      return runs.map(({ executionId, scheduledAt }) => [
        ...[ns, executionId, job.id, name, incarnation, scheduledAt, nowMs, isFull ? nowMs : null],
        ...[isFull ? "max_instances" : "submitted", owner, FIRST_TOKEN, id, 1],
      ]);
    });
    const count = await this.#session.run(
      `INSERT IGNORE INTO ${executions} (ns, id, job_id, job_name, incarnation, scheduled_ms, submitted_ms, finished_ms,
        state, owner, token, instance_id, attempt) VALUES ?`,
      [rows],
    );
    const ids = rows.map((row) => row[1] as string);
    if (count === rows.length) return new Set(ids);
    const found = await this.#session.rows(`SELECT id FROM ${executions} WHERE ns = ? AND id IN (?)`, [ns, ids]);
    return new Set(found.map((row) => row["id"] as string));
  }

  async #writeInstances(verdicts: ReadonlyMap<Decision, Verdict>, nowMs: number): Promise<void> {
    const { ns, instances } = this.#tables;
    const rows = [...verdicts].flatMap(([{ instance }, verdict]) => {
      if (instance === undefined || verdict.kind !== "started" || verdict.runs.length === 0) return [];
      const { id, job, owner, offered = false } = instance;
      const maxDeliveries = job.ack === "late" ? job.maxDeliveries : 0;
      const leaseUntil = offered ? nowMs : nowMs + instance.leaseMs;
      return [
        [
          ...[ns, id, job.id, job.func, owner, FIRST_TOKEN, leaseUntil, 1, offered ? 0 : 1, maxDeliveries, offered ? 1 : 0],
          ...[JSON.stringify(verdict.runs), encodeJob(job)],
        ],
      ];
    });
    if (rows.length === 0) return;
    await this.#session.run(
      `INSERT INTO ${instances} (ns, id, job_id, func, owner, token, lease_until, attempt, deliveries, max_deliveries,
        offered, runs, spec) VALUES ?`,
      [rows],
    );
  }

  async #advance(decisions: readonly Decision[]): Promise<void> {
    const { ns, jobs } = this.#tables;
    const claimed = decisions.filter(({ claim }) => claim !== undefined);
    const ended = claimed.filter(({ claim }) => claim!.nextRunMs === null).map(({ jobId }) => jobId);
    const moved = claimed.filter(({ claim }) => claim!.nextRunMs !== null);
    if (moved.length > 0) {
      const [nextRun, values] = caseOf("id", moved.map(({ jobId, claim }) => [jobId, claim!.nextRunMs]));
      await this.#session.run(
        `UPDATE ${jobs} SET next_run_ms = ${nextRun}, lease_until = 0, version = version + 1 WHERE ns = ? AND id IN (?)`,
        [...values, ns, moved.map(({ jobId }) => jobId)],
      );
    }
    if (ended.length > 0) await this.#session.run(`DELETE FROM ${jobs} WHERE ns = ? AND id IN (?)`, [ns, ended]);
  }
}

/** The job is there and, for a claimed one, still lent to whoever decides. */
function holds(row: Row | undefined, { claim }: Decision): boolean {
  if (row === undefined) return false;
  return claim === undefined || (ms(row["version"]) === claim.version && ms(row["lease_until"]) > 0);
}

function repeatedVerdict(instance: NewInstance, open: Row | undefined, states: ReadonlyMap<string, string>): Verdict | undefined {
  const known = (run: PlannedRun) => states.get(run.executionId);
  if (!instance.runs.some((run) => known(run) !== undefined)) return undefined;
  if (instance.runs.some((run) => known(run) === "max_instances")) return { kind: "max_instances" };
  if (open === undefined || open["owner"] !== instance.owner) return NOTHING;
  const unfinished = instance.runs.filter((run) => known(run) === "submitted" || known(run) === "running");
  return { kind: "started", token: ms(open["token"]), runs: unfinished };
}
