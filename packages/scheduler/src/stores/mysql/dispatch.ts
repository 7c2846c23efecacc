import { encodeJob } from "../../core/job-record.js";
import type { Decision, NewInstance, PlannedRun, Verdict } from "../../core/job-store.js";
import { runCountAfter } from "../../core/run-limit.js";
import { mostDeliveries } from "../deliveries.js";
import { inPieces } from "../sql/in-pieces.js";
import { ms, msOrNull } from "../sql/values.js";
import { isDuplicate } from "./failure.js";
import type { Row, Session, Sessions } from "./session.js";
import type { Tables } from "./tables.js";
import { queue, waitingOf } from "./waiting.js";
import { EXACT, idList, locking, rowList, WANT_IDS, wantRows } from "./want.js";

/** Verdict without runs: nothing is left to do, and nothing is leased. */
const NOTHING: Verdict = { kind: "started", token: 0, runs: [] };
const STALE: Verdict = { kind: "stale" };
const FIRST_TOKEN = 1;
const NAME_MAX = 190;

/**
 * One transaction for a whole batch (for several, when the jobs' arguments are long). Job rows are locked in the order of
 * their ids, so that two batches never wait for each other in a circle; everything else hangs on those locks.
 */
export async function dispatch(sessions: Sessions, tables: Tables, decisions: readonly Decision[]): Promise<Verdict[]> {
  const specs = new Map(
    decisions.map(({ instance }) => [instance, instance === undefined ? "" : encodeJob(instance.job)]),
  );
  const verdicts: Verdict[] = [];
  for (const piece of inPieces(decisions, ({ instance }) => specs.get(instance)!.length)) {
    verdicts.push(...(await sessions.transaction((session) => new Batch(session, tables, specs).carryOut(piece))));
  }
  return verdicts;
}

class Batch {
  constructor(
    private readonly session: Session,
    private readonly tables: Tables,
    private readonly specs: ReadonlyMap<NewInstance | undefined, string>,
  ) {}

  async carryOut(decisions: readonly Decision[]): Promise<Verdict[]> {
    const rows = await this.lockJobs(decisions);
    const fresh = firstOfEachClaim(decisions.filter((decision) => holds(rows.get(decision.jobId), decision)));
    // A valid claim has not been used before; a run by hand has no claim to check.
    const repeated = await this.repeated(
      decisions.filter((decision) => decision.claim === undefined || !fresh.has(decision)),
    );
    const toDo = decisions.filter((decision) => fresh.has(decision) && !repeated.has(decision));
    const opened = await this.open(toDo, rows);
    await this.advance(toDo, opened);
    return decisions.map(
      (decision) =>
        repeated.get(decision) ??
        opened.get(decision) ??
        (isDone(rows.get(decision.jobId), decision) ? NOTHING : STALE),
    );
  }

  async lockJobs(decisions: readonly Decision[]): Promise<Map<string, Row>> {
    const { ns, jobs, now } = this.tables;
    const rows = await this.session.rows(
      `SELECT j.id, j.next_run_ms, j.version, j.lease_until, j.max_instances, ${now} AS now_ms
       FROM ${WANT_IDS} STRAIGHT_JOIN ${jobs} j FORCE INDEX (PRIMARY) ON j.ns = ? AND j.id = want.id ${EXACT} ${locking("j")}`,
      [idList(decisions.map(({ jobId }) => jobId)), ns],
    );
    return new Map(rows.map((row) => [row["id"] as string, row]));
  }

  /** Repeats the verdicts of decisions that were applied before, whose answer was lost. */
  async repeated(decisions: readonly Decision[]): Promise<Map<Decision, Verdict>> {
    const suspects = decisions.filter(({ instance }) => instance !== undefined);
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
      suspects.flatMap((decision) => {
        const verdict = repeatedVerdict(decision.instance!, openById.get(decision.instance!.id), states);
        return verdict === undefined ? [] : [[decision, verdict] as const];
      }),
    );
  }

  /** Counts the running instances, writes the executions and opens the instances. */
  async open(decisions: readonly Decision[], rows: ReadonlyMap<string, Row>): Promise<Map<Decision, Verdict>> {
    const verdicts = new Map<Decision, Verdict>(decisions.map((decision) => [decision, NOTHING]));
    const opening = decisions.filter(({ instance }) => instance !== undefined && instance.runs.length > 0);
    if (opening.length === 0) return verdicts;
    const nowMs = ms(rows.get(opening[0]!.jobId)!["now_ms"]);
    const full = await this.tooMany(opening, rows);
    const isQueued = (decision: Decision) => full.has(decision) && mayWait(decision);
    const written = await this.writeExecutions(opening, full, nowMs);
    for (const decision of opening) {
      if (isLeftAlone(decision, full)) verdicts.set(decision, { kind: "max_instances" });
      const runs = decision.instance!.runs.filter((run) => written.has(run.executionId));
      if (runs.length === 0) continue;
      const isLastNew = written.has(decision.instance!.runs.at(-1)!.executionId);
      if (isQueued(decision) && isLastNew) {
        const maxInstances = Number(rows.get(decision.jobId)!["max_instances"]);
        verdicts.set(decision, await queue(this.session, this.tables, decision, { nowMs, maxInstances }));
      } else if (full.has(decision)) verdicts.set(decision, { kind: "max_instances" });
      else verdicts.set(decision, { kind: "started", token: FIRST_TOKEN, runs });
    }
    await this.writeInstances(verdicts, nowMs);
    return verdicts;
  }

  /** Those for which as many instances run already as the job allows, or that come behind a run that waits. */
  async tooMany(opening: readonly Decision[], rows: ReadonlyMap<string, Row>): Promise<Set<Decision>> {
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
    const full = new Set<Decision>();
    for (const decision of opening) {
      const count = running.get(decision.jobId) ?? 0;
      const isBehind = mayWait(decision) && waiting.has(decision.jobId);
      if (isBehind || count >= Number(rows.get(decision.jobId)!["max_instances"])) {
        full.add(decision);
        if (mayWait(decision)) waiting.add(decision.jobId);
      } else running.set(decision.jobId, count + 1);
    }
    return full;
  }

  /** Writes the executions, without run times that were executed before, by the unique key; returns those written. */
  async writeExecutions(
    opening: readonly Decision[],
    full: ReadonlySet<Decision>,
    nowMs: number,
  ): Promise<Set<string>> {
    const writing = opening.filter((decision) => !isLeftAlone(decision, full));
    const rows = writing.flatMap((decision) => executionRows(decision, this.tables.ns, full.has(decision), nowMs));
    try {
      await this.insertExecutions(rows);
      return new Set(rows.map(({ id }) => id));
    } catch (error) {
      if (!isDuplicate(error)) throw error;
      for (const { instance } of writing) if ((instance!.once?.length ?? 0) > 0) await this.free(instance!);
      const left = await this.notYetExecuted(rows);
      await this.insertExecutions(left);
      return new Set(left.map(({ id }) => id));
    }
  }

  /** Releases the run times of executions that ended in those states: each is then identified by its own id, as one by hand. */
  async free({ job, runs, once }: NewInstance): Promise<void> {
    const { ns, executions } = this.tables;
    await this.session.run(
      `UPDATE ${executions} SET incarnation = id WHERE ns = ? AND job_id = ? AND incarnation = ? AND scheduled_ms IN (?)
         AND state IN (?)`,
      [ns, job.id, job.incarnation, runs.map(({ scheduledAt }) => scheduledAt), once],
    );
  }

  async insertExecutions(rows: readonly ExecutionRow[]): Promise<void> {
    if (rows.length === 0) return;
    await this.session.run(
      `INSERT INTO ${this.tables.executions} (ns, id, job_id, job_name, incarnation, scheduled_ms, submitted_ms,
         finished_ms, state, owner, token, instance_id, attempt) VALUES ?`,
      [rows.map(({ values }) => values)],
    );
  }

  async notYetExecuted(rows: readonly ExecutionRow[]): Promise<ExecutionRow[]> {
    const found = await this.session.rows(
      `SELECT job_id, incarnation, scheduled_ms FROM ${this.tables.executions}
       WHERE ${rows.map(() => "ns = ? AND job_id = ? AND incarnation = ? AND scheduled_ms = ?").join(" OR ")}`,
      rows.flatMap(({ ns, jobId, incarnation, scheduledAt }) => [ns, jobId, incarnation, scheduledAt]),
    );
    const key = (...parts: unknown[]) => JSON.stringify(parts);
    const executed = new Set(found.map((row) => key(row["job_id"], row["incarnation"], ms(row["scheduled_ms"]))));
    return rows.filter(({ jobId, incarnation, scheduledAt }) => !executed.has(key(jobId, incarnation, scheduledAt)));
  }

  async writeInstances(verdicts: ReadonlyMap<Decision, Verdict>, nowMs: number): Promise<void> {
    const { ns, instances } = this.tables;
    const rows = [...verdicts].flatMap(([{ instance }, verdict]) => {
      if (instance === undefined || verdict.kind !== "started" || verdict.runs.length === 0) return [];
      const { id, job, owner, leaseMs, offered = false } = instance;
      const [leaseUntil, deliveries] = offered ? [nowMs, 0] : [nowMs + leaseMs, 1];
      const runs = JSON.stringify(verdict.runs);
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
          offered ? 1 : 0,
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
  async count(decisions: readonly Decision[], verdicts: ReadonlyMap<Decision, Verdict>): Promise<Set<Decision>> {
    const { ns, jobs } = this.tables;
    const counting = decisions.flatMap((decision) => {
      const runs = runCountAfter(decision, verdicts.get(decision) ?? NOTHING);
      const next = decision.claim?.nextRunMs ?? null;
      return runs === undefined || next === null ? [] : [{ decision, runs, next }];
    });
    if (counting.length === 0) return new Set();
    const rows = counting.map(({ decision: { jobId: id, instance }, runs, next }) => ({
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
    return new Set(counting.map(({ decision }) => decision));
  }

  /** Moves the jobs to their next runs, and removes those that have none. */
  async advance(all: readonly Decision[], verdicts: ReadonlyMap<Decision, Verdict>): Promise<void> {
    const { ns, jobs } = this.tables;
    const counting = await this.count(all, verdicts);
    const claimed = all.flatMap((decision) =>
      decision.claim === undefined || counting.has(decision)
        ? []
        : [{ id: decision.jobId, next_ms: decision.claim.nextRunMs }],
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

interface ExecutionRow {
  readonly ns: string;
  readonly id: string;
  readonly jobId: string;
  readonly incarnation: string;
  readonly scheduledAt: number;
  readonly values: readonly unknown[];
}

function executionRows({ claim, instance }: Decision, ns: string, isFull: boolean, nowMs: number): ExecutionRow[] {
  const { job, id: instanceId, owner, runs, overlap = "skip", once } = instance!;
  // A run by hand may have a run time of the trigger: its instance distinguishes it.
  const incarnation = claim === undefined && once === undefined ? instanceId : job.incarnation;
  const name = job.name.length <= NAME_MAX ? job.name : [...job.name].slice(0, NAME_MAX).join("");
  return runs.map(({ executionId: id, scheduledAt }, at) => ({
    ns,
    id,
    jobId: job.id,
    incarnation,
    scheduledAt,
    values: [
      ns,
      id,
      job.id,
      name,
      incarnation,
      scheduledAt,
      nowMs,
      ...startOf(isFull, overlap !== "skip" && at === runs.length - 1, nowMs),
      owner,
      FIRST_TOKEN,
      instanceId,
      1,
    ],
  }));
}

/** Returns the end of the execution and its state, as they are written first. */
function startOf(isFull: boolean, waits: boolean, nowMs: number): [number | null, string] {
  if (!isFull) return [null, "submitted"];
  return waits ? [null, "queued"] : [nowMs, "max_instances"];
}

/** Nothing is written of a backfill that finds no place: it can be asked for again. */
function isLeftAlone(decision: Decision, full: ReadonlySet<Decision>): boolean {
  return decision.instance?.once !== undefined && full.has(decision);
}

function mayWait({ instance }: Decision): boolean {
  return (instance?.overlap ?? "skip") !== "skip";
}

/** True when the job exists and, for a claimed one, its claim is valid. */
function holds(row: Row | undefined, { claim }: Decision): boolean {
  if (row === undefined) return false;
  return claim === undefined || (ms(row["version"]) === claim.version && ms(row["lease_until"]) > 0);
}

/** True when the job is as the decision left it: the decision is a repetition. */
function isDone(row: Row | undefined, { claim }: Decision): boolean {
  if (row === undefined || claim === undefined) return false;
  return (
    ms(row["version"]) === claim.version + 1 &&
    msOrNull(row["next_run_ms"]) === claim.nextRunMs &&
    ms(row["lease_until"]) === 0
  );
}

/** Returns the first decision of each claim, which can be used once, also within a batch. */
function firstOfEachClaim(decisions: readonly Decision[]): Set<Decision> {
  const claimed = new Set<string>();
  return new Set(
    decisions.filter(({ jobId, claim }) => {
      if (claim === undefined) return true;
      if (claimed.has(jobId)) return false;
      claimed.add(jobId);
      return true;
    }),
  );
}

function repeatedVerdict(
  instance: NewInstance,
  open: Row | undefined,
  states: ReadonlyMap<string, string>,
): Verdict | undefined {
  const known = (run: PlannedRun) => states.get(run.executionId);
  if (!instance.runs.some((run) => known(run) !== undefined)) return undefined;
  const last = instance.runs.at(-1)!;
  if (known(last) === "queued") return { kind: "queued", superseded: [], cancel: [] };
  if (instance.runs.some((run) => known(run) === "max_instances")) return { kind: "max_instances" };
  const isOurs = open !== undefined && open["owner"] === instance.owner && ms(open["token"]) === FIRST_TOKEN;
  if (!isOurs) return NOTHING; // ended, reclaimed by another, or leased already by this scheduler's own takeover
  const unfinished = instance.runs.filter((run) => known(run) === "submitted" || known(run) === "running");
  return { kind: "started", token: ms(open["token"]), runs: unfinished };
}
