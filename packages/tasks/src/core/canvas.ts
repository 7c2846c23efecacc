import type { ApplyOptions, Signature } from "./apply-options.js";
import { type AsyncResult, checkGet, checkRevoke, type GetOptions, type RevokeOptions } from "./async-result.js";

/** App that sends chains. */
export interface ChainSender {
  sendChain(links: readonly Signature[]): Promise<AsyncResult[]>;
}

/** App that sends chords. */
export interface ChordSender {
  sendChord(header: readonly Signature[], body: Signature): Promise<AsyncResult>;
}

/** App that sends tasks. */
export interface GroupSender {
  sendTask(name: string, options: ApplyOptions): Promise<AsyncResult>;
}

/**
 * Runs tasks one after the other: each receives the result before it as its first argument.
 *
 * @example
 * ```ts
 * import { chain, TaskApp } from "@headline/tasks";
 *
 * const app = new TaskApp({ broker: "redis://127.0.0.1:6379" });
 * const add = app.task("add", (a: number, b: number) => a + b);
 * await app.worker().start();
 * const result = await chain(add.s(1, 2), add.s(3)).applyAsync(app);
 * console.log(await result.get({ timeoutMs: 5_000 })); // 6
 * await app.close();
 * ```
 */
export function chain(...links: readonly Signature[]) {
  return {
    links,
    /** Sends the chain; returns the last result, whose `parent` is the one before. A link that fails fails those after it. */
    async applyAsync(app: ChainSender): Promise<AsyncResult> {
      return (await app.sendChain(links)).at(-1)!;
    },
  };
}

/**
 * Runs tasks in parallel.
 *
 * @example
 * ```ts
 * import { group, TaskApp } from "@headline/tasks";
 *
 * const app = new TaskApp({ broker: "redis://127.0.0.1:6379" });
 * const square = app.task("square", (value: number) => value ** 2);
 * await app.worker().start();
 * const results = await group([square.s(2), square.s(3)]).applyAsync(app);
 * console.log(await results.get({ timeoutMs: 5_000 })); // [ 4, 9 ]
 * await app.close();
 * ```
 */
export function group(members: readonly Signature[]) {
  return {
    members,
    /** Sends the members; returns their results. */
    async applyAsync(app: GroupSender): Promise<GroupResult> {
      return new GroupResult(
        await Promise.all(members.map(({ task, args, options }) => app.sendTask(task, { ...options, args }))),
      );
    },
  };
}

/**
 * Runs tasks in parallel, and then one with the list of their results as its first argument. When one of them fails or is
 * revoked, the body never begins and ends as FAILURE (ChordError).
 *
 * @example
 * ```ts
 * import { chord, TaskApp } from "@headline/tasks";
 *
 * const app = new TaskApp({ broker: "redis://127.0.0.1:6379" });
 * const square = app.task("square", (value: number) => value ** 2);
 * const sum = app.task("sum", (values: number[]) => values.reduce((a, b) => a + b, 0));
 * await app.worker().start();
 * const result = await chord([square.s(2), square.s(3)], sum.s()).applyAsync(app);
 * console.log(await result.get({ timeoutMs: 5_000 })); // 13
 * await app.close();
 * ```
 */
export function chord(header: readonly Signature[], body: Signature) {
  return {
    header,
    body,
    /** Sends the header; returns the result of the body. */
    applyAsync: (app: ChordSender): Promise<AsyncResult> => app.sendChord(header, body),
  };
}

/** Results of a group, in the order of its members. */
export class GroupResult {
  constructor(readonly results: readonly AsyncResult[]) {}

  /** Waits for all results; rejects with the first failure. */
  async get(options: GetOptions = {}): Promise<unknown[]> {
    checkGet(options);
    return Promise.all(this.results.map((result) => result.get(options)));
  }

  /** Returns whether all have ended. */
  async ready(): Promise<boolean> {
    return (await this.#each("ready")).every(Boolean);
  }

  /** Returns whether all ended as SUCCESS. */
  async successful(): Promise<boolean> {
    return (await this.#each("successful")).every(Boolean);
  }

  /** Returns whether any ended as FAILURE. */
  async failed(): Promise<boolean> {
    return (await this.#each("failed")).some(Boolean);
  }

  /** Counts those that ended as SUCCESS. */
  async completedCount(): Promise<number> {
    return (await this.#each("successful")).filter(Boolean).length;
  }

  /** Revokes all. */
  async revoke(options: RevokeOptions = {}): Promise<void> {
    checkRevoke(options);
    await Promise.all(this.results.map((result) => result.revoke(options)));
  }

  #each(question: "ready" | "successful" | "failed"): Promise<boolean[]> {
    return Promise.all(this.results.map((result) => result[question]()));
  }
}
