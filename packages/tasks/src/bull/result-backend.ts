import type { Clock, Json } from "@headline/scheduler";
import {
  closeRedis,
  describeThrown,
  openRedis,
  type RedisConnectionOptions,
  type RemoteError,
} from "@headline/scheduler/kit";
import type { Redis } from "ioredis";
import { TaskTimeoutError } from "../core/task-errors.js";
import { isFinal, RESULT_SCRIPTS, type ResultScripts, type TaskState } from "./result-scripts.js";

/** State and outcome of a task, as stored. */
export interface StoredResult {
  readonly state: TaskState;
  readonly result: Json | undefined;
  readonly error: RemoteError | undefined;
  readonly task: string | undefined;
  /** Epoch ms. */
  readonly startedAt: number | undefined;
  readonly endedAt: number | undefined;
}

export interface ResultBackendOptions {
  readonly connection: RedisConnectionOptions;
  /** Connection of the listener, which waits while Redis is away. */
  readonly listening: RedisConnectionOptions;
  readonly prefix: string;
  /** Lifetime of results; null keeps them for ever. */
  readonly expiresSeconds: number | null;
  readonly clock: Clock;
}

/** Callers that wait for one message. */
interface Subscription {
  readonly listeners: Set<() => void>;
  readonly subscribed: Promise<unknown>;
}

/** Interval at which a waiting caller polls, should the message that announces the end be lost. */
const POLL_EVERY_MS = 1_000;

/** States and results of tasks, a Redis hash each. Connects at the first command. */
export class ResultBackend {
  readonly #options: ResultBackendOptions;
  #client: (Redis & ResultScripts) | undefined;
  #listener: Redis | undefined;
  readonly #subscriptions = new Map<string, Subscription>();

  constructor(options: ResultBackendOptions) {
    this.#options = options;
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
    const { state = "PENDING", result, error, task, startedAt, endedAt } = await this.client.hgetall(this.#key(id));
    return {
      ...readOutcome(state as TaskState, result, error),
      task,
      startedAt: numberOf(startedAt),
      endedAt: numberOf(endedAt),
    };
  }

  /** Waits for the task's end and returns its outcome; polls on while Redis is away. */
  async waitFor(id: string, timeoutMs: number, signal: AbortSignal | undefined): Promise<StoredResult> {
    const { clock } = this.#options;
    const endsAt = clock.monotonic() + timeoutMs;
    const ended = this.#subscribe(id);
    const aborts = signal === undefined ? [] : [aborted(signal)];
    try {
      await this.#pause(ended.subscribed, Math.min(POLL_EVERY_MS, timeoutMs));
      for (;;) {
        signal?.throwIfAborted();
        const message = ended.next();
        const found = await this.read(id).catch(() => undefined); // polled again
        if (found !== undefined && isFinal(found.state)) return found;
        const leftMs = endsAt - clock.monotonic();
        if (leftMs <= 0) throw new TaskTimeoutError(id, timeoutMs);
        await this.#pause(Promise.race([message, ...aborts]), Math.min(POLL_EVERY_MS, leftMs));
      }
    } finally {
      ended.stop();
    }
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
    this.#listener?.disconnect();
    this.#client = undefined;
    this.#listener = undefined;
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

  /** Subscribes to the message that announces the task's end. */
  #subscribe(id: string): { subscribed: Promise<unknown>; next: () => Promise<void>; stop: () => void } {
    const channel = this.#channel(id);
    const client = this.#openListener();
    const subscription: Subscription = this.#subscriptions.get(channel) ?? {
      listeners: new Set(),
      subscribed: client.subscribe(channel).catch(() => {}), // callers poll
    };
    this.#subscriptions.set(channel, subscription);
    let resolveNext = () => {};
    const listener = () => resolveNext();
    subscription.listeners.add(listener);
    return {
      subscribed: subscription.subscribed,
      next: () =>
        new Promise((resolve) => {
          resolveNext = resolve;
        }),
      stop: () => {
        subscription.listeners.delete(listener);
        if (subscription.listeners.size > 0) return;
        this.#subscriptions.delete(channel);
        void client.unsubscribe(channel).catch(() => {}); // closed connections have no subscriptions
      },
    };
  }

  #openListener(): Redis {
    if (this.#listener !== undefined) return this.#listener;
    const listener = openRedis(this.#options.listening);
    listener.on("message", (channel) => {
      for (const notify of this.#subscriptions.get(channel)?.listeners ?? []) notify();
    });
    this.#listener = listener;
    return listener;
  }

  /** Waits for a promise, at most for `atMostMs`. */
  async #pause(awaited: Promise<unknown>, atMostMs: number): Promise<void> {
    let timer: Disposable | undefined;
    const over = new Promise<void>((resolve) => {
      timer = this.#options.clock.setTimer(atMostMs, resolve);
    });
    try {
      await Promise.race([awaited, over]);
    } finally {
      timer?.[Symbol.dispose]();
    }
  }
}

/** Reads an outcome; an unreadable one counts as FAILURE, so that callers stop waiting. */
function readOutcome(
  state: TaskState,
  result: string | undefined,
  error: string | undefined,
): Pick<StoredResult, "state" | "result" | "error"> {
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

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}

function numberOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Number(text);
}
