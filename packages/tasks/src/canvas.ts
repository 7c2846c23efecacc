import type { Signature } from "./apply-options.js";
import { type AsyncResult, checkGet, checkRevoke, type GetOptions, type RevokeOptions } from "./async-result.js";
import type { TaskApp } from "./task-app.js";

/** Tasks one after the other: each gets the result of the one before it as its first argument. */
export function chain(...links: readonly Signature[]) {
  return {
    links,
    /** Sends it; answers the last one's result, whose `parent` is the one before. A link that fails fails those after it. */
    async applyAsync(app: TaskApp): Promise<AsyncResult> {
      return (await app.sendChain(links)).at(-1)!;
    },
  };
}

/** Tasks beside each other. */
export function group(members: readonly Signature[]) {
  return {
    members,
    async applyAsync(app: TaskApp): Promise<GroupResult> {
      return new GroupResult(
        await Promise.all(members.map(({ task, args, options }) => app.sendTask(task, { ...options, args }))),
      );
    },
  };
}

/** The results of a group, in the order of its members. */
export class GroupResult {
  constructor(readonly results: readonly AsyncResult[]) {}

  /** Waits for all; rejects with the first failure. */
  async get(options: GetOptions = {}): Promise<unknown[]> {
    checkGet(options);
    return Promise.all(this.results.map((result) => result.get(options)));
  }

  async ready(): Promise<boolean> {
    return (await this.#each("ready")).every(Boolean);
  }

  async successful(): Promise<boolean> {
    return (await this.#each("successful")).every(Boolean);
  }

  async failed(): Promise<boolean> {
    return (await this.#each("failed")).some(Boolean);
  }

  async completedCount(): Promise<number> {
    return (await this.#each("successful")).filter(Boolean).length;
  }

  async revoke(options: RevokeOptions = {}): Promise<void> {
    checkRevoke(options);
    await Promise.all(this.results.map((result) => result.revoke(options)));
  }

  #each(question: "ready" | "successful" | "failed"): Promise<boolean[]> {
    return Promise.all(this.results.map((result) => result[question]()));
  }
}
