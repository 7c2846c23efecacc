import { checkKnown, type OptionNames } from "@headline/scheduler/kit";
import { isFinal, type TaskState } from "./result-scripts.js";
import type { TaskApp } from "./task-app.js";
import { reviveTaskError, TaskRevokedError } from "./task-errors.js";

export interface GetOptions {
  /** How long to wait; then TaskTimeoutError, and the task goes on. Without it, for as long as it takes. */
  readonly timeoutMs?: number;
  /** Default true: what the task threw is thrown here. False answers with that error instead. */
  readonly propagate?: boolean;
  /** Gives the waiting up, with its reason. */
  readonly signal?: AbortSignal;
}

export interface RevokeOptions {
  /** Aborts the signal of one that runs. Default false. */
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

/** A task's future end, known by its id: `fun1.delay(…)` gives one, and so does `app.AsyncResult(id)` anywhere else. */
export class AsyncResult<Result = unknown> {
  readonly #app: TaskApp;

  constructor(
    readonly id: string,
    app: TaskApp,
    /** In a chain, the link before this one. */
    readonly parent?: AsyncResult,
  ) {
    this.#app = app;
  }

  /** PENDING as long as no worker has begun, and for ids that nobody knows. */
  status(): Promise<TaskState> {
    return this.#app.results.state(this.id);
  }

  /** It has ended, in whichever way. */
  async ready(): Promise<boolean> {
    return isFinal(await this.status());
  }

  async successful(): Promise<boolean> {
    return (await this.status()) === "SUCCESS";
  }

  async failed(): Promise<boolean> {
    return (await this.status()) === "FAILURE";
  }

  /** Waits for the end and answers with the task's result; rejects with what it threw, or with a TaskRevokedError. */
  async get(options: GetOptions = {}): Promise<Result> {
    checkGet(options);
    const { timeoutMs = Number.POSITIVE_INFINITY, propagate = true, signal } = options;
    const { state, result, error } = await this.#app.results.waitFor(this.id, timeoutMs, signal);
    if (state === "SUCCESS") return result as Result;
    const thrown = reviveTaskError(error ?? { name: "Error", message: state });
    if (propagate) throw thrown;
    return thrown as Result;
  }

  /** The result when it has ended well, the error when it has not (or waits to be retried), undefined before that. */
  async result(): Promise<Result | Error | undefined> {
    const { state, result, error } = await this.#app.results.read(this.id);
    if (state === "SUCCESS") return result as Result;
    return error === undefined ? undefined : reviveTaskError(error);
  }

  /** The stack of what the task threw, as it was at the worker. */
  async traceback(): Promise<string | undefined> {
    return (await this.#app.results.read(this.id)).error?.stack;
  }

  /**
   * A task that has not begun never will. One that runs goes on but is not retried; with `terminate` its signal is
   * aborted, and it ends as REVOKED. Answers the state it has then.
   */
  async revoke(options: RevokeOptions = {}): Promise<TaskState> {
    checkRevoke(options);
    const { terminate = false } = options;
    const reason = new TaskRevokedError(terminate ? "terminated" : "revoked");
    const { state, queue } = await this.#app.results.revoke(this.id, terminate, reason);
    if (state === "REVOKED") await this.#app.unqueue(this.id, queue);
    return state;
  }

  /** Removes the result; false when the task has not ended. The id is PENDING then, like any that nobody knows. */
  forget(): Promise<boolean> {
    return this.#app.results.forget(this.id);
  }

  toString(): string {
    return this.id;
  }
}
