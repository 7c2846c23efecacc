import type { Clock, Json } from "@headline/scheduler";
import {
  closeRedis,
  describeThrown,
  openRedis,
  type RedisConnectionOptions,
  type RemoteError,
} from "@headline/scheduler/kit";
import type { Redis } from "ioredis";
import { isFinal, RESULT_SCRIPTS, type ResultScripts, type TaskState } from "./result-scripts.js";
import { TaskTimeoutError } from "./task-errors.js";

/** What is known of a task. */
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
  /** How listeners connect: they wait for as long as Redis is away. */
  readonly listening: RedisConnectionOptions;
  readonly prefix: string;
  /** How long a result is kept; null keeps it for ever. */
  readonly expiresSeconds: number | null;
  readonly clock: Clock;
}

/** Somebody who waits is told by a message; should that be lost, this is how soon it looks by itself. */
const LOOK_EVERY_MS = 1_000;

/** The states and results of tasks, one Redis hash each. Connects when it is first asked. */
export class ResultBackend {
  readonly #options: ResultBackendOptions;
  #client: (Redis & ResultScripts) | undefined;
  #listener: Redis | undefined;
  readonly #waiting = new Map<string, { readonly ringers: Set<() => void>; readonly listening: Promise<unknown> }>();

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

  /** Resolves with what the task ended as. Redis may be away meanwhile. */
  async waitFor(id: string, timeoutMs: number, signal: AbortSignal | undefined): Promise<StoredResult> {
    const { clock } = this.#options;
    const endsAt = clock.monotonic() + timeoutMs;
    const bell = this.#listen(id);
    const givenUp = signal === undefined ? [] : [aborted(signal)];
    try {
      await this.#pause(bell.listening, Math.min(LOOK_EVERY_MS, timeoutMs));
      for (;;) {
        signal?.throwIfAborted();
        const rung = bell.next();
        const found = await this.read(id).catch(() => undefined); // it is looked at again
        if (found !== undefined && isFinal(found.state)) return found;
        const leftMs = endsAt - clock.monotonic();
        if (leftMs <= 0) throw new TaskTimeoutError(id, timeoutMs);
        await this.#pause(Promise.race([rung, ...givenUp]), Math.min(LOOK_EVERY_MS, leftMs));
      }
    } finally {
      bell.stop();
    }
  }

  /** Notes that a task waits for its time, so that whoever revokes it finds its queue. */
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

  /** Answers the state it has then, and the queue it is in when that is known. */
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

  /** False when the task has not ended. */
  async forget(id: string): Promise<boolean> {
    return (await this.client.taskForget(this.#key(id))) === 1;
  }

  /** Takes the task's next turn under its rate limit; answers how long it is until then, ms. */
  takeTurn(task: string, intervalMs: number): Promise<number> {
    return this.client.taskTakeTurn(`${this.#options.prefix}:turn:${task}`, intervalMs);
  }

  /** Asks for the place of a task whose calls do not overlap. */
  enterPlace(task: string, call: { id: string; overlap: string; leaseMs: number; waited: boolean }) {
    const { id, overlap, leaseMs, waited } = call;
    return this.client.taskEnterPlace(this.#placeKey(task), id, overlap, leaseMs, waited ? "1" : "0");
  }

  keepPlace(task: string, id: string, ms: number): Promise<number> {
    return this.client.taskKeepPlace(this.#placeKey(task), id, Math.ceil(ms));
  }

  /** Answers the call that waits for the place, or an empty text. */
  leavePlace(task: string, id: string): Promise<string> {
    return this.client.taskLeavePlace(this.#placeKey(task), id);
  }

  #placeKey(task: string): string {
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

  /** A bell that rings when the task's end is announced. */
  #listen(id: string): { listening: Promise<unknown>; next: () => Promise<void>; stop: () => void } {
    const channel = this.#channel(id);
    const listener = this.#openListener();
    const audience = this.#waiting.get(channel) ?? {
      ringers: new Set(),
      listening: listener.subscribe(channel).catch(() => {}), // then it looks by itself
    };
    this.#waiting.set(channel, audience);
    let ring = () => {};
    const ringer = () => ring();
    audience.ringers.add(ringer);
    return {
      listening: audience.listening,
      next: () =>
        new Promise((resolve) => {
          ring = resolve;
        }),
      stop: () => {
        audience.ringers.delete(ringer);
        if (audience.ringers.size > 0) return;
        this.#waiting.delete(channel);
        void listener.unsubscribe(channel).catch(() => {}); // a closed connection listens to nothing anyway
      },
    };
  }

  #openListener(): Redis {
    if (this.#listener !== undefined) return this.#listener;
    const listener = openRedis(this.#options.listening);
    listener.on("message", (channel) => {
      for (const ring of this.#waiting.get(channel)?.ringers ?? []) ring();
    });
    this.#listener = listener;
    return listener;
  }

  /** Until it happens, but no longer than that. */
  async #pause(happening: Promise<unknown>, atMostMs: number): Promise<void> {
    let timer: Disposable | undefined;
    const over = new Promise<void>((resolve) => {
      timer = this.#options.clock.setTimer(atMostMs, resolve);
    });
    try {
      await Promise.race([happening, over]);
    } finally {
      timer?.[Symbol.dispose]();
    }
  }
}

/** A result or an error that cannot be read is a failure that says so: a caller that waits for it gets an end. */
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
