import type { Redis } from "ioredis";
import type { DurationStatistics, Execution, ExecutionPage, ExecutionQuery, ExecutionState } from "../../core/execution.js";
import type { ExecutionLog } from "../../core/job-store.js";
import type { Json } from "../../core/json.js";
import { statisticsOf } from "../statistics-of.js";
import { runScript } from "./script-runner.js";
import { DELETE_BEFORE } from "./scripts.js";

const LIMIT_DEFAULT = 100;
const DURATIONS_OF = 100;
/** Executions read at a time; a filter that lets few through reads on, up to so many pieces for one page. */
const PIECE = 200;
const PIECES_MAX = 50;

export function executionLog(redis: Redis, prefix: string): ExecutionLog {
  const read = async (ids: readonly string[]): Promise<Execution[]> => {
    if (ids.length === 0) return [];
    const [logs, states] = await Promise.all([redis.hmget(`${prefix}log`, ...ids), redis.hmget(`${prefix}state`, ...ids)]);
    return ids.flatMap((id, at) => {
      const [log, state] = [logs[at], states[at]];
      return typeof log === "string" && typeof state === "string" ? [asExecution(id, log, state)] : [];
    });
  };

  return {
    async get(id) {
      return (await read([id]))[0];
    },

    /** By submission, newest first; those of one job by run time. */
    async list(query: ExecutionQuery): Promise<ExecutionPage> {
      const { jobId, limit = LIMIT_DEFAULT, cursor } = query;
      const key = jobId === undefined ? `${prefix}history` : `${prefix}runs:${jobId}`;
      const found: Execution[] = [];
      let from = cursor === undefined ? 0 : await rankBehind(redis, key, cursor);
      for (let piece = 0; piece < PIECES_MAX; piece++) {
        const ids = await redis.zrevrange(key, from, from + PIECE - 1);
        for (const execution of await read(ids)) {
          if (!matches(execution, query)) continue;
          if (found.length === limit) return { executions: found, cursor: cursorOf(found.at(-1)!, jobId) };
          found.push(execution);
        }
        if (ids.length < PIECE) return { executions: found };
        from += PIECE;
      }
      const [at] = await redis.zrevrange(key, from - 1, from - 1, "WITHSCORES").then(([id, score]) => [`${score}:${id}`]);
      return { executions: found, cursor: at! };
    },

    async durations(jobIds) {
      const pairs = await Promise.all(
        jobIds.map(async (jobId): Promise<readonly [string, DurationStatistics] | undefined> => {
          const executions = await read(await redis.zrevrange(`${prefix}runs:${jobId}`, 0, 2 * DURATIONS_OF - 1));
          const ended = executions.filter(({ state, durationMs }) => (state === "executed" || state === "error") && durationMs !== null);
          if (ended.length === 0) return undefined;
          return [jobId, statisticsOf(ended.slice(0, DURATIONS_OF).map(({ durationMs }) => durationMs!))];
        }),
      );
      return new Map(pairs.filter((pair) => pair !== undefined));
    },

    async active(jobIds) {
      if (jobIds.length === 0) return new Map();
      const counts = await redis.hmget(`${prefix}running`, ...jobIds);
      return new Map(jobIds.flatMap((id, at) => (counts[at] ? [[id, Number(counts[at])] as const] : [])));
    },

    async deleteBefore(beforeMs, limit) {
      return Number(await runScript(redis, DELETE_BEFORE, prefix, [beforeMs, limit]));
    },
  };
}

function cursorOf({ id, submittedAt, scheduledAt }: Execution, jobId: string | undefined): string {
  return `${jobId === undefined ? submittedAt : scheduledAt}:${id}`;
}

/** Where to go on: behind that execution, or behind its moment when it is gone. */
async function rankBehind(redis: Redis, key: string, cursor: string): Promise<number> {
  const split = cursor.indexOf(":");
  const rank = await redis.zrevrank(key, cursor.slice(split + 1));
  return rank === null ? redis.zcount(key, cursor.slice(0, split), "+inf") : rank + 1;
}

function matches({ state, submittedAt }: Execution, { states, from, to }: ExecutionQuery): boolean {
  if (states !== undefined && !states.includes(state)) return false;
  return (from === undefined || submittedAt >= from) && (to === undefined || submittedAt < to);
}

/** What never changes of an execution, as the log keeps it behind three lines that the scripts read. */
export interface LoggedRun {
  readonly jobId: string;
  readonly jobName: string;
  readonly scheduledAt: number;
}

interface Rest {
  readonly startedAt?: number | null;
  readonly finishedAt?: number | null;
  readonly result?: Json;
  readonly error?: string | null;
  readonly stack?: string | null;
}

export function asExecution(id: string, log: string, state: string): Execution {
  const [, submitted, , logged] = lines(log, 4) as [string, string, string, string];
  const [name, , owner, attempt, rest] = lines(state, 5) as [string, string, string, string, string];
  const { startedAt = null, finishedAt = null, result = null, error = null, stack = null } = JSON.parse(rest) as Rest;
  return {
    id,
    ...(JSON.parse(logged) as LoggedRun),
    submittedAt: Number(submitted),
    startedAt,
    finishedAt,
    durationMs: startedAt !== null && finishedAt !== null ? finishedAt - startedAt : null,
    state: name as ExecutionState,
    owner,
    attempt: Number(attempt),
    result,
    error,
    stack,
  };
}

/** The first lines, and all that follows as the last one. */
function lines(text: string, count: number): string[] {
  const parts: string[] = [];
  let from = 0;
  while (parts.length < count - 1) {
    const end = text.indexOf("\n", from);
    parts.push(text.slice(from, end));
    from = end + 1;
  }
  return [...parts, text.slice(from)];
}
