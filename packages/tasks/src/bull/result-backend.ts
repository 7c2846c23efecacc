import type { Clock, Json } from "@headline/scheduler";
import {
  closeRedis,
  describeThrown,
  openRedis,
  type RedisConnectionOptions,
  type RemoteError,
} from "@headline/scheduler/kit";
import type { Redis } from "ioredis";
import { EndListener } from "../core/end-listener.js";
import type { Results, StoredResult } from "../core/results.js";
import { isFinal, type TaskState } from "../core/task-state.js";
import type { ChordPart } from "./message.js";
import { RESULT_SCRIPTS, type ResultScripts } from "./result-scripts.js";

export interface ResultBackendOptions {
  readonly connection: RedisConnectionOptions;
  /** Connection of the listener, which waits while Redis is away. */
  readonly listening: RedisConnectionOptions;
  readonly prefix: string;
  /** Lifetime of results; null keeps them for ever. */
  readonly expiresSeconds: number | null;
  readonly clock: Clock;
}

/** States and results of tasks, a Redis hash each. Connects at the first command. */
export class ResultBackend implements Results {
  readonly #options: ResultBackendOptions;
  #client: (Redis & ResultScripts) | undefined;
  readonly #ends: EndListener;

  constructor(options: ResultBackendOptions) {
    this.#options = options;
    this.#ends = new EndListener({ connection: options.listening, clock: options.clock });
  }

  get client(): Redis & ResultScripts {
    this.#client ??= openRedis({ ...this.#options.connection, scripts: RESULT_SCRIPTS }) as Redis & ResultScripts;
    return this.#client;
  }

  terminateKey(id: string): string {
    return `${this.#options.prefix}:terminate:${id}`;
  }

  async state(id: string): Promise<TaskState> {
    return ((await this.client.hget(this.#key(id), "state")) as TaskState | null) ?? "PENDING";
  }

  async read(id: string): Promise<StoredResult> {
    const { state = "PENDING", result, error } = await this.client.hgetall(this.#key(id));
    return readOutcome(state as TaskState, result, error);
  }

  /** Waits for the task's end and returns its outcome; polls on while Redis is away. */
  waitFor(id: string, timeoutMs: number, signal: AbortSignal | undefined): Promise<StoredResult> {
    return this.#ends.waitFor({ id, channel: this.#channel(id), timeoutMs, signal, read: () => this.read(id) });
  }

  /** Records the queue of a delayed task, by which a revocation finds it. */
  async scheduled(id: string, { queue, eta, task }: { queue: string; eta: number; task: string }): Promise<void> {
    await this.client.taskScheduled(this.#key(id), queue, eta, task, this.#options.expiresSeconds ?? 0);
  }

  begin(
    id: string,
    start: { retries: number; late: boolean; delivery: string; worker: string; task: string; queue: string },
  ) {
    const { retries, late, delivery, worker, task, queue } = start;
    return this.client.taskBegin(this.#key(id), retries, late ? "1" : "0", delivery, worker, task, queue);
  }

  succeeded(id: string, result: Json): Promise<TaskState> {
    return this.#finish(id, "SUCCESS", "result", JSON.stringify(result));
  }

  failed(id: string, error: unknown): Promise<TaskState> {
    return this.#finish(id, "FAILURE", "error", JSON.stringify(describeThrown(error)));
  }

  revoked(id: string, reason: Error): Promise<TaskState> {
    return this.#finish(id, "REVOKED", "error", JSON.stringify(describeThrown(reason)));
  }

  retrying(id: string, error: unknown, eta: number): Promise<TaskState> {
    return this.client.taskRetrying(this.#key(id), JSON.stringify(describeThrown(error)), eta);
  }

  /** Revokes a task; returns its state after that, and its queue when known. */
  async revoke(
    id: string,
    terminate: boolean,
    reason: Error,
  ): Promise<{ state: TaskState; queue: string | undefined }> {
    const error = JSON.stringify(describeThrown(reason));
    const [state, queue] = await this.client.taskRevoke(
      this.#key(id),
      this.terminateKey(id),
      terminate ? "1" : "0",
      error,
      this.#options.expiresSeconds ?? 0,
      this.#channel(id),
    );
    return { state, queue: queue === "" ? undefined : queue };
  }

  /** Deletes the result; false when the task has not ended. */
  async forget(id: string): Promise<boolean> {
    return (await this.client.taskForget(this.#key(id))) === 1;
  }

  /** Adds the result of a chord's part; returns the results in order once all are there. */
  async chordPart({ id, index, size }: ChordPart, result: Json): Promise<readonly Json[] | undefined> {
    const key = `${this.#options.prefix}:chord:${id}`;
    const kept = this.#options.expiresSeconds ?? 0;
    const texts = await this.client.taskChordPart(key, index, JSON.stringify(result), size, kept);
    if (texts.length === 0) return undefined;
    const results: Json[] = [];
    for (let at = 0; at < texts.length; at += 2) results[Number(texts[at])] = JSON.parse(texts[at + 1]!) as Json;
    return results;
  }

  /** Takes the task's next turn under its rate limit; returns the wait until then, ms. */
  takeTurn(task: string, intervalMs: number): Promise<number> {
    return this.client.taskTakeTurn(`${this.#options.prefix}:turn:${task}`, intervalMs);
  }

  /** Requests the lease of a task whose calls do not overlap. */
  acquireLease(task: string, call: { id: string; overlap: string; leaseMs: number; waited: boolean }) {
    const { id, overlap, leaseMs, waited } = call;
    return this.client.taskAcquireLease(this.#leaseKey(task), id, overlap, leaseMs, waited ? "1" : "0");
  }

  extendLease(task: string, id: string, ms: number): Promise<number> {
    return this.client.taskExtendLease(this.#leaseKey(task), id, Math.ceil(ms));
  }

  /** Releases the lease; returns the id of the waiting call, or an empty text. */
  releaseLease(task: string, id: string): Promise<string> {
    return this.client.taskReleaseLease(this.#leaseKey(task), id);
  }

  #leaseKey(task: string): string {
    return `${this.#options.prefix}:place:${task}`;
  }

  async close(): Promise<void> {
    if (this.#client !== undefined) await closeRedis(this.#client);
    this.#ends.close();
    this.#client = undefined;
  }

  #finish(id: string, state: TaskState, field: string, value: string): Promise<TaskState> {
    const kept = this.#options.expiresSeconds ?? 0;
    return this.client.taskFinish(this.#key(id), state, field, value, kept, this.#channel(id));
  }

  #key(id: string): string {
    return `${this.#options.prefix}:result:${id}`;
  }

  #channel(id: string): string {
    return `${this.#options.prefix}:ended:${id}`;
  }
}

/** Reads an outcome; an unreadable one counts as FAILURE, so that callers stop waiting. */
function readOutcome(state: TaskState, result: string | undefined, error: string | undefined): StoredResult {
  try {
    return {
      state,
      result: result === undefined ? undefined : (JSON.parse(result) as Json),
      error: error === undefined ? undefined : (JSON.parse(error) as RemoteError),
    };
  } catch {
    const unreadable = { name: "SyntaxError", message: `the outcome of ${state} in Redis cannot be read` };
    return { state: isFinal(state) ? "FAILURE" : state, result: undefined, error: unreadable };
  }
}
