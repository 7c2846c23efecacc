import type { DurationStatistics, Execution, ExecutionPage, ExecutionQuery, ExecutionState } from "../core/execution.js";
import type { ExecutionLog, Report } from "../core/job-store.js";
import type { JobRecord } from "../core/job-record.js";
import type { Json } from "../core/json.js";
import { statisticsOf } from "./statistics-of.js";

const DURATIONS_OF = 100;
const LIMIT_DEFAULT = 100;

/** An execution as it is written to. `token` is the one of the instance that last held it. */
export class ExecutionRow implements Execution {
  startedAt: number | null = null;
  finishedAt: number | null = null;
  durationMs: number | null = null;
  attempt = 1;
  result: Json | null = null;
  error: string | null = null;
  stack: string | null = null;
  readonly jobId: string;
  readonly jobName: string;

  constructor(
    readonly id: string,
    job: JobRecord,
    readonly scheduledAt: number,
    readonly submittedAt: number,
    public state: ExecutionState,
    public owner: string,
    public token: number,
    readonly instanceId: string,
    /** Of the job; empty for a run by hand, which may repeat a run time. */
    readonly incarnation: string,
    readonly order: number,
  ) {
    this.jobId = job.id;
    this.jobName = job.name;
  }

  get isFinal(): boolean {
    return this.state !== "submitted" && this.state !== "running";
  }

  take({ state, attempt, startedAt, finishedAt, result, error, stack }: Report): void {
    this.state = state;
    this.attempt = attempt;
    this.startedAt = startedAt;
    this.finishedAt = finishedAt;
    this.durationMs = startedAt !== null && finishedAt !== null ? finishedAt - startedAt : null;
    this.result = result;
    this.error = error;
    this.stack = stack;
  }
}

/** What happened, bounded: beyond `max` the oldest finished executions are forgotten. */
export class MemoryHistory implements ExecutionLog {
  readonly #byId = new Map<string, ExecutionRow>();
  /** In the order of submission; `#head` is the oldest that is still there. */
  #rows: ExecutionRow[] = [];
  #head = 0;
  #order = 0;

  constructor(private readonly max: number) {}

  find(id: string): ExecutionRow | undefined {
    return this.#byId.get(id);
  }

  /** Whether that run time was executed. Looks through all of them: for the rare time that is not simply a later one. */
  hasRun(jobId: string, incarnation: string, scheduledAt: number): boolean {
    for (const row of this.#newestFirst()) {
      if (row.scheduledAt === scheduledAt && row.jobId === jobId && row.incarnation === incarnation) return true;
    }
    return false;
  }

  nextOrder(): number {
    return this.#order++;
  }

  add(row: ExecutionRow): void {
    this.#byId.set(row.id, row);
    this.#rows.push(row);
    if (this.#rows.length - this.#head > this.max) this.#forgetOldest();
  }

  #forgetOldest(): void {
    const row = this.#rows[this.#head++]!;
    if (row.isFinal) this.#forget(row);
    else this.#rows.push(row); // still under way: it will be old again later
    if (this.#head > 1_024 && this.#head * 2 > this.#rows.length) {
      this.#rows = this.#rows.slice(this.#head);
      this.#head = 0;
    }
  }

  #forget(row: ExecutionRow): void {
    this.#byId.delete(row.id);
  }

  get(id: string): Execution | undefined {
    const row = this.#byId.get(id);
    return row && asExecution(row);
  }

  list({ jobId, states, from, to, limit = LIMIT_DEFAULT, cursor }: ExecutionQuery): ExecutionPage {
    const before = cursor === undefined ? Number.POSITIVE_INFINITY : Number(cursor);
    const executions: Execution[] = [];
    let last: ExecutionRow | undefined;
    for (const row of this.#newestFirst()) {
      if (row.order >= before || (jobId !== undefined && row.jobId !== jobId)) continue;
      if (states !== undefined && !states.includes(row.state)) continue;
      if ((from !== undefined && row.submittedAt < from) || (to !== undefined && row.submittedAt >= to)) continue;
      if (executions.length === limit) return { executions, cursor: String(last!.order) };
      executions.push(asExecution(row));
      last = row;
    }
    return { executions };
  }

  durations(jobIds: readonly string[]): ReadonlyMap<string, DurationStatistics> {
    const found = new Map<string, number[]>(jobIds.map((id) => [id, []]));
    for (const row of this.#newestFirst()) {
      const durations = found.get(row.jobId);
      if (durations === undefined || durations.length >= DURATIONS_OF) continue;
      if ((row.state === "executed" || row.state === "error") && row.durationMs !== null) durations.push(row.durationMs);
    }
    return new Map([...found].filter(([, durations]) => durations.length > 0).map(([id, all]) => [id, statisticsOf(all)]));
  }

  /** Counted by the store, which knows the instances. */
  active: ExecutionLog["active"] = () => new Map();

  deleteBefore(beforeMs: number, limit: number): number {
    let removed = 0;
    const kept: ExecutionRow[] = [];
    for (let at = this.#head; at < this.#rows.length; at++) {
      const row = this.#rows[at]!;
      if (removed < limit && row.isFinal && row.submittedAt < beforeMs) {
        this.#forget(row);
        removed++;
      } else kept.push(row);
    }
    if (removed > 0) {
      this.#rows = kept;
      this.#head = 0;
    }
    return removed;
  }

  *#newestFirst(): Generator<ExecutionRow> {
    for (let at = this.#rows.length - 1; at >= this.#head; at--) yield this.#rows[at]!;
  }
}

export function asExecution(row: ExecutionRow): Execution {
  const { id, jobId, jobName, scheduledAt, submittedAt, startedAt, finishedAt, durationMs, state, owner, attempt } = row;
  const { result, error, stack } = row;
  return { id, jobId, jobName, scheduledAt, submittedAt, startedAt, finishedAt, durationMs, state, owner, attempt, result, error, stack };
}
