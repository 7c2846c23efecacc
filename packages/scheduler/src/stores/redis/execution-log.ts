import {
  type DurationStatistics,
  type Execution,
  type ExecutionPage,
  type ExecutionQuery,
  type ExecutionState,
  isFinalState,
} from "../../core/execution.js";
import type { ExecutionLog } from "../../core/job-store.js";
import { statisticsOf } from "../statistics-of.js";
import type { RedisClient } from "./client.js";
import { addedRow, letterOf, onceField, readNature, readRow } from "./execution-row.js";
import { batches, pairs } from "./leases.js";
import { addExecutions } from "./lua/add-executions.js";
import { durations as durationsLua } from "./lua/durations.js";
import { forgetExecutions } from "./lua/forget-executions.js";
import { history as historyLua } from "./lua/history.js";
import { oldExecutions } from "./lua/old-executions.js";
import { underWay as underWayLua } from "./lua/under-way.js";
import { Script, type Scripts } from "./script.js";

const SCRIPTS = {
  history: new Script(historyLua),
  underWay: new Script(underWayLua),
  durations: new Script(durationsLua),
  old: new Script(oldExecutions),
  forget: new Script(forgetExecutions),
  add: new Script(addExecutions),
};

const LIMIT_DEFAULT = 100;
/** Executions in one script call, and calls for one page: 1,000 rows each, then the page is shorter and has a cursor. */
const BATCH = 200;
const LOOKS_MAX = 50;
const JOBS_PER_CALL = 10;
/** Runs that wait for a place, beside those under way. */
const QUEUED_MAX = 10_000;

/** States rare enough to have an index of their own. */
const UNUSUAL: ReadonlySet<ExecutionState> = new Set([
  "queued",
  "error",
  "missed",
  "max_instances",
  "lost",
  "cancelled",
]);

/** End of a page: the execution whose older ones follow. */
interface Place {
  readonly score: string;
  readonly id: string;
}

export class RedisExecutionLog implements ExecutionLog {
  constructor(
    private readonly client: RedisClient,
    private readonly scripts: Scripts,
    private readonly prefix: string,
  ) {}

  async get(id: string): Promise<Execution | undefined> {
    const row = await this.client.hget(`${this.prefix}runs`, id);
    return row === null ? undefined : readRow(id, row)[0];
  }

  /** Lists executions; a page may be shorter than its limit, with a cursor, when matches are rare among very many. */
  async list(query: ExecutionQuery): Promise<ExecutionPage> {
    const { jobId, states } = query;
    if (states?.length === 0) return { executions: [] };
    if (jobId === undefined && states !== undefined) {
      if (states.every((state) => UNUSUAL.has(state))) return this.#unusual(query, states);
      if (states.every((state) => !isFinalState(state))) return this.#underWay(query, states);
    }
    const letters = (states ?? []).map(letterOf).join("");
    return this.#page(jobId === undefined ? "history" : `history:${jobId}`, letters, query);
  }

  async #page(
    index: string,
    letters: string,
    { from, to, limit = LIMIT_DEFAULT, cursor }: ExecutionQuery,
  ): Promise<ExecutionPage> {
    const executions: Execution[] = [];
    let place = readCursor(cursor);
    for (let look = 0; look < LOOKS_MAX && executions.length < limit; look++) {
      const room = Math.min(BATCH, limit - executions.length);
      const args = [index, place?.score ?? "", place?.id ?? "", from ?? "", to ?? "", letters, room];
      const answer = await this.scripts.run(SCRIPTS.history, args);
      const [more, score, id, found] = answer as [number, string | null, string, string[]];
      for (const [executionId, row] of pairs(found)) executions.push(...readRow(executionId, row));
      if (Number(more) === 0 || score === null) return { executions };
      place = { score, id };
    }
    return { executions, ...(place === undefined ? {} : { cursor: writeCursor(place) }) };
  }

  /** From the index of each state, merged. */
  async #unusual(query: ExecutionQuery, states: readonly ExecutionState[]): Promise<ExecutionPage> {
    const pages = await Promise.all(
      [...new Set(states)].map((state) => this.#page(`ended:${letterOf(state)}`, "", query)),
    );
    if (pages.length === 1) return pages[0]!;
    const executions = pages.flatMap((page) => page.executions).sort(newestFirst);
    return cut(
      executions,
      query.limit,
      pages.some((page) => page.cursor !== undefined),
    );
  }

  /** Finds executions under way by the open instances, which are as many as run at a time, and by waiting runs. */
  async #underWay(query: ExecutionQuery, states: readonly ExecutionState[]): Promise<ExecutionPage> {
    const all = new Map<string, Execution>();
    for (let skip = 0; ; ) {
      const [seen, found] = (await this.scripts.run(SCRIPTS.underWay, [skip])) as [number, string[]];
      for (const execution of [...pairs(found)].flatMap(([id, row]) => readRow(id, row)))
        all.set(execution.id, execution);
      skip += Number(seen);
      if (Number(seen) < BATCH) break;
    }
    if (states.includes("queued")) {
      const { executions } = await this.#page("ended:q", "", { limit: QUEUED_MAX });
      for (const execution of executions) all.set(execution.id, execution);
    }
    const place = readCursor(query.cursor);
    const { from = Number.NEGATIVE_INFINITY, to = Number.POSITIVE_INFINITY } = query;
    const executions = [...all.values()]
      .filter(({ state, submittedAt }) => states.includes(state) && submittedAt >= from && submittedAt < to)
      .filter(
        (execution) =>
          place === undefined || newestFirst(execution, { submittedAt: Number(place.score), id: place.id }) > 0,
      )
      .sort(newestFirst);
    return cut(executions, query.limit, false);
  }

  async durations(jobIds: readonly string[]): Promise<ReadonlyMap<string, DurationStatistics>> {
    const found = new Map<string, DurationStatistics>();
    for (const batch of batches(jobIds, JOBS_PER_CALL)) {
      const answers = (await this.scripts.run(SCRIPTS.durations, batch)) as string[][];
      for (const [at, texts] of answers.entries())
        if (texts.length > 0) found.set(batch[at]!, statisticsOf(texts.map(Number)));
    }
    return found;
  }

  async countActive(jobIds: readonly string[]): Promise<ReadonlyMap<string, number>> {
    if (jobIds.length === 0) return new Map();
    const counts = await this.client.hmget(`${this.prefix}active`, ...jobIds);
    return new Map(jobIds.flatMap((id, at) => (counts[at] ? [[id, Number(counts[at])] as const] : [])));
  }

  async deleteBefore(beforeMs: number, limit: number): Promise<number> {
    let removed = 0;
    for (let skip = 0; removed < limit; ) {
      const size = Math.min(BATCH, limit - removed);
      const [seen, ...ended] = (await this.scripts.run(SCRIPTS.old, [beforeMs, skip, size])) as [number, ...string[]];
      const forget = [...pairs(ended)].flatMap(([id, nature]) => forgotten(id, nature));
      if (forget.length > 0) removed += Number(await this.scripts.run(SCRIPTS.forget, forget));
      skip += Number(seen) - ended.length / 2;
      if (Number(seen) < size) break;
    }
    return removed;
  }

  async addEnded(executions: readonly Execution[]): Promise<number> {
    let added = 0;
    for (const batch of batches(executions, BATCH)) {
      const args = batch.flatMap((execution) => {
        const letter = UNUSUAL.has(execution.state) ? letterOf(execution.state) : "";
        return [execution.id, execution.jobId, execution.submittedAt, letter, addedRow(execution)];
      });
      added += Number(await this.scripts.run(SCRIPTS.add, args));
    }
    return added;
  }
}

/** Id, job id and once field, as the script takes them. */
function forgotten(id: string, nature: string): string[] {
  const [jobId, , scheduledAt, incarnation] = readNature(nature) ?? [];
  if (jobId === undefined || scheduledAt === undefined || incarnation === undefined) return [id, "", ""];
  return [id, jobId, incarnation === null ? "" : onceField(jobId, incarnation, scheduledAt)];
}

function cut(executions: readonly Execution[], limit = LIMIT_DEFAULT, more: boolean): ExecutionPage {
  const page = executions.slice(0, limit);
  const last = page.at(-1);
  if (last === undefined || (!more && executions.length <= limit)) return { executions: page };
  return { executions: page, cursor: writeCursor({ score: String(last.submittedAt), id: last.id }) };
}

/** As Redis orders them: by submission, then by the bytes of the id. */
function newestFirst(a: Pick<Execution, "submittedAt" | "id">, b: Pick<Execution, "submittedAt" | "id">): number {
  return b.submittedAt - a.submittedAt || Buffer.compare(Buffer.from(b.id), Buffer.from(a.id));
}

function readCursor(cursor: string | undefined): Place | undefined {
  if (cursor === undefined) return undefined;
  const at = cursor.indexOf(":");
  return { score: cursor.slice(0, at), id: cursor.slice(at + 1) };
}

function writeCursor({ score, id }: Place): string {
  return `${Number(score)}:${id}`;
}
