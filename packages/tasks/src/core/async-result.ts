import { checkKnown, type OptionNames } from "@headline/scheduler/kit";
import type { Results } from "./results.js";
import { reviveTaskError } from "./task-errors.js";
import { isFinal, type TaskState } from "./task-state.js";

/** Options of `get`. */
export interface GetOptions {
  /** Limit of the wait, ms; then TaskTimeoutError, and the task goes on. Default: no limit. */
  readonly timeoutMs?: number;
  /** Throws what the task threw (default); false returns that error instead. */
  readonly propagate?: boolean;
  /** Ends the wait with its reason. */
  readonly signal?: AbortSignal;
}

/** Options of `revoke`. */
export interface RevokeOptions {
  /** Aborts the signal of a task that runs. Default false. */
  readonly terminate?: boolean;
}

const GET: OptionNames<GetOptions> = { timeoutMs: true, propagate: true, signal: true };

/** Throws on an option that `get` does not have. */
export function checkGet(options: GetOptions): void {
  checkKnown<GetOptions>(options, GET, "get");
}

/** Throws on an option that `revoke` does not have. */
export function checkRevoke(options: RevokeOptions): void {
  checkKnown<RevokeOptions>(options, { terminate: true }, "revoke");
}

/** Results that an AsyncResult reads, and the way to revoke a call. */
export interface ResultSource {
  readonly results: Results;
  /** Revokes a call, and aborts it with `terminate`; returns the state after that. */
  revoke(id: string, terminate: boolean): Promise<TaskState>;
}

/**
 * Handle of a sent task, by its id: `delay` returns it, and `app.AsyncResult(id)` makes it in any process.
 *
 * @example
 * ```ts
 * import { TaskApp } from "@headline/tasks";
 *
 * const app = new TaskApp({ broker: "redis://127.0.0.1:6379" });
 * const { id } = await app.sendTask("report", { countdown: 3_600 });
 * console.log(await app.AsyncResult(id).status()); // PENDING
 * console.log(await app.AsyncResult(id).revoke()); // REVOKED
 * await app.close();
 * ```
 */
export class AsyncResult<Result = unknown> {
  readonly #source: ResultSource;

  constructor(
    readonly id: string,
    source: ResultSource,
    /** Result of the link before, in a chain. */
    readonly parent?: AsyncResult,
  ) {
    this.#source = source;
  }

  /** Returns the state: PENDING until a worker begins, and for unknown ids. */
  status(): Promise<TaskState> {
    return this.#source.results.state(this.id);
  }

  /** Returns whether the task has ended, in any way. */
  async ready(): Promise<boolean> {
    return isFinal(await this.status());
  }

  /** Returns whether the task ended as SUCCESS. */
  async successful(): Promise<boolean> {
    return (await this.status()) === "SUCCESS";
  }

  /** Returns whether the task ended as FAILURE. */
  async failed(): Promise<boolean> {
    return (await this.status()) === "FAILURE";
  }

  /** Waits for the end and returns the task's result; rejects with what it threw, or with a TaskRevokedError. */
  async get(options: GetOptions = {}): Promise<Result> {
    checkGet(options);
    const { timeoutMs = Number.POSITIVE_INFINITY, propagate = true, signal } = options;
    const { state, result, error } = await this.#source.results.waitFor(this.id, timeoutMs, signal);
    if (state === "SUCCESS") return result as Result;
    const thrown = reviveTaskError(error ?? { name: "Error", message: state });
    if (propagate) throw thrown;
    return thrown as Result;
  }

  /** Returns the result of a SUCCESS, the error of a failure (also of one that waits for its retry), undefined before. */
  async result(): Promise<Result | Error | undefined> {
    const { state, result, error } = await this.#source.results.read(this.id);
    if (state === "SUCCESS") return result as Result;
    return error === undefined ? undefined : reviveTaskError(error);
  }

  /** Returns the stack of the task's error, as it was at the worker. */
  async traceback(): Promise<string | undefined> {
    return (await this.#source.results.read(this.id)).error?.stack;
  }

  /**
   * Revokes the task: before its start it never begins. A task that runs goes on but is not retried; with `terminate` its
   * signal is aborted, and it ends as REVOKED. Returns the state after that.
   */
  async revoke(options: RevokeOptions = {}): Promise<TaskState> {
    checkRevoke(options);
    return this.#source.revoke(this.id, options.terminate ?? false);
  }

  /** Deletes the result; false when the task has not ended. The id is PENDING then, like any unknown id. */
  forget(): Promise<boolean> {
    return this.#source.results.forget(this.id);
  }

  toString(): string {
    return this.id;
  }
}
