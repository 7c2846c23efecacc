import type { Clock, Json } from "@headline/scheduler";
import {
  closeRedis,
  openRedis,
  patientConnection,
  persistentConnection,
  promptConnection,
  type RedisTarget,
} from "@headline/scheduler/kit";
import type { Redis } from "ioredis";
import { EndListener } from "../core/end-listener.js";
import type { Results, StoredResult } from "../core/results.js";
import { isFinal, type TaskState } from "../core/task-state.js";
import { fromWireFailure } from "./failure.js";
import { RESULT_SCRIPTS, type ResultScripts } from "./result-scripts.js";

export interface CeleryResultsOptions {
  readonly target: RedisTarget;
  /** `prompt` fails within seconds while Redis is away, for callers; `patient` waits until it is back, for workers. */
  readonly manner: "prompt" | "patient";
  /** Lifetime of results, seconds; null keeps them for ever. */
  readonly expiresSeconds: number | null;
  readonly clock: Clock;
}

/** Outcome to store. */
export interface Outcome {
  readonly state: TaskState;
  /** Result, or the exception of a failure. */
  readonly result: unknown;
  readonly traceback?: string | null;
  /** Ids of the calls that it has sent. */
  readonly children?: readonly string[];
  readonly groupId?: string | null;
  readonly parentId?: string | null;
}

/** Part of a chord that has ended. */
export interface ChordReturn {
  readonly groupId: string;
  readonly groupIndex: number | null;
  readonly id: string;
  readonly state: TaskState;
  readonly result: unknown;
}

/** Results of all parts of a chord, in order. */
export interface ChordResults {
  readonly results: readonly Json[];
  /** First part that has failed. */
  readonly failed: { readonly id: string; readonly error: string } | undefined;
}

const STATES: ReadonlySet<string> = new Set(["PENDING", "STARTED", "RETRY", "SUCCESS", "FAILURE", "REVOKED"]);
const FAILED: ReadonlySet<string> = new Set(["FAILURE", "REVOKED", "RETRY"]);
/** Lifetime of the deliveries of a task, seconds. */
const DELIVERIES_SECONDS = 86_400;

/** Celery's result backend in Redis. Connects at the first command. */
export class CeleryResults implements Results {
  #client: (Redis & ResultScripts) | undefined;
  readonly #ends: EndListener;

  constructor(private readonly options: CeleryResultsOptions) {
    this.#ends = new EndListener({ connection: patientConnection(options.target), clock: options.clock });
  }

  async state(id: string): Promise<TaskState> {
    return (await this.read(id)).state;
  }

  async read(id: string): Promise<StoredResult> {
    return readMeta(await this.#redis.get(taskKey(id)));
  }

  waitFor(id: string, timeoutMs: number, signal: AbortSignal | undefined): Promise<StoredResult> {
    return this.#ends.waitFor({ id, channel: taskKey(id), timeoutMs, signal, read: () => this.read(id) });
  }

  async forget(id: string): Promise<boolean> {
    if (!isFinal(await this.state(id))) return false;
    return (await this.#redis.del(taskKey(id))) === 1;
  }

  /** Stores an outcome and announces it. A SUCCESS stays, as in Celery. */
  async store(id: string, outcome: Outcome): Promise<void> {
    await this.#redis.celeryStore(
      taskKey(id),
      JSON.stringify(metaOf(id, outcome, this.options.clock.now())),
      this.#kept,
    );
  }

  /** Sets the number of parts that a chord waits for. */
  async setChordSize(groupId: string, size: number): Promise<void> {
    const key = groupKey(groupId, ".s");
    if (this.#kept === 0) await this.#redis.set(key, size);
    else await this.#redis.set(key, size, "EX", this.#kept);
  }

  /** Adds the outcome of a chord's part; returns all once the last is there. */
  async chordPart({ groupId, groupIndex, id, state, result }: ChordReturn): Promise<ChordResults | undefined> {
    const parts = await this.#redis.celeryChordPart(
      groupKey(groupId, ".j"),
      groupKey(groupId, ".t"),
      groupKey(groupId, ".s"),
      JSON.stringify([1, id, state, result]),
      groupIndex ?? "+inf",
      this.#kept,
    );
    return parts.length === 0 ? undefined : joined(parts.map((part) => JSON.parse(part) as ChordMember));
  }

  /** Deletes what a chord has gathered. */
  async endChord(groupId: string): Promise<void> {
    await this.#redis.del(groupKey(groupId, ".j"), groupKey(groupId, ".t"), groupKey(groupId, ".s"));
  }

  /** Whether a call has begun before: it runs, or has ended; a retry before this one does not count. */
  async hasBegun(id: string, retries: number): Promise<boolean> {
    const text = await this.#redis.get(taskKey(id));
    const { state } = readMeta(text);
    return isFinal(state) || (state === "STARTED" && readRetries(text) === retries);
  }

  /** Counts a delivery of a task that was delivered before; returns their number. */
  async countRedelivery(id: string): Promise<number> {
    const key = `${taskKey(id)}.deliveries`;
    const count = await this.#redis.incr(key);
    await this.#redis.expire(key, DELIVERIES_SECONDS);
    return count;
  }

  /** Takes the task's next turn under its rate limit, over all workers; returns the wait until then, ms. */
  takeTurn(task: string, intervalMs: number): Promise<number> {
    return this.#redis.celeryTakeTurn(`celery-turn-${task}`, intervalMs);
  }

  async close(): Promise<void> {
    if (this.#client !== undefined) await closeRedis(this.#client);
    this.#ends.close();
    this.#client = undefined;
  }

  get #redis(): Redis & ResultScripts {
    const { target, manner } = this.options;
    const connection = manner === "prompt" ? promptConnection(target) : persistentConnection(target);
    this.#client ??= openRedis({ ...connection, scripts: RESULT_SCRIPTS }) as Redis & ResultScripts;
    return this.#client;
  }

  get #kept(): number {
    return this.options.expiresSeconds ?? 0;
  }
}

type ChordMember = readonly [1, id: string, state: TaskState, result: Json];

function joined(members: readonly ChordMember[]): ChordResults {
  const failed = members.find(([, , state]) => FAILED.has(state));
  return {
    results: members.map(([, , , result]) => result),
    failed: failed && { id: failed[1], error: errorLine(failed[3]) },
  };
}

function errorLine(failure: Json): string {
  const { name, message } = fromWireFailure(failure, "");
  return `${name}(${JSON.stringify(message)})`;
}

function metaOf(id: string, outcome: Outcome, nowMs: number): Readonly<Record<string, unknown>> {
  const { state, result, traceback = null, children = [], groupId, parentId } = outcome;
  return {
    status: state,
    result: result ?? null,
    traceback,
    children: children.map((child) => [[child, null], null]),
    date_done: isFinal(state) ? utcText(nowMs) : null,
    ...(groupId ? { group_id: groupId } : {}),
    ...(parentId ? { parent_id: parentId } : {}),
    task_id: id,
  };
}

/** Moment as Python's `utcnow().isoformat()` writes it. */
function utcText(ms: number): string {
  return new Date(ms).toISOString().replace("Z", "000");
}

/** Reads a stored outcome; an unreadable one counts as FAILURE, so that callers stop waiting. */
function readMeta(text: string | null): StoredResult {
  if (text === null) return { state: "PENDING", result: undefined, error: undefined };
  try {
    const { status, result, traceback } = JSON.parse(text) as { status: string; result: Json; traceback: unknown };
    const state = STATES.has(status) ? (status as TaskState) : "PENDING";
    if (FAILED.has(state)) return { state, result: undefined, error: fromWireFailure(result, traceback) };
    return { state, result: state === "SUCCESS" ? result : undefined, error: undefined };
  } catch {
    const error = { name: "SyntaxError", message: "the outcome in Redis is not JSON (NaN, or another serialiser)" };
    return { state: "FAILURE", result: undefined, error };
  }
}

/** Number of the retry that a STARTED is of; Celery's own workers do not say it. */
function readRetries(text: string | null): number | undefined {
  return (JSON.parse(text ?? "{}") as { result?: { retries?: number } }).result?.retries;
}

function taskKey(id: string): string {
  return `celery-task-meta-${id}`;
}

function groupKey(id: string, part: string): string {
  return `celery-taskset-meta-${id}${part}`;
}
