import type { Mysql } from "@headline/mysql";
import { authorOf } from "@headline/newsroom/articles";
import { wakeFollowers } from "@headline/newsroom/changes";
import { type FollowerPiece, followerPieces, notifyFollowers } from "@headline/newsroom/notifications";
import type { Redis } from "@headline/redis";
import { type AsyncResult, TaskApp } from "@headline/tasks";
import type { RecentTasks } from "./recent-tasks.js";

interface Deps {
  readonly mysql: Mysql;
  /** Must not evict. */
  readonly redisUrl: string;
  readonly recent: RecentTasks;
  /** Wakes gateways once followers are notified. */
  readonly redis: Redis;
  readonly onRedisError: (error: unknown) => void;
  readonly log: Logger;
  readonly concurrency: number;
}

type Logger = ConstructorParameters<typeof TaskApp>[0]["logger"];

interface FanOut {
  readonly followers: number;
  readonly pieces: number;
}

export const TASKS_APP = "headline";
const PIECE_MS = 30_000;
const RETRIES = { autoretryFor: true, maxRetries: 8, retryBackoff: true, retryBackoffMax: 30 } as const;

/** Work that is spread over the workers of all job services, a task each, with its result and retries. */
export class BackgroundTasks implements AsyncDisposable {
  readonly #app: TaskApp;

  constructor(private readonly deps: Deps) {
    const { redisUrl, log, recent } = deps;
    this.#app = new TaskApp({ broker: redisUrl, name: TASKS_APP, timezone: "UTC", ...(log ? { logger: log } : {}) });
    this.#notify = this.#app.task(
      "notifications.notifyFollowers",
      { bind: true, acksLate: true, timeoutMs: PIECE_MS, ...RETRIES },
      (self, articleId: string, piece: FollowerPiece) =>
        recent.recorded(self.request, () => this.#notifyPiece(BigInt(articleId), piece)),
    );
  }

  readonly #notify;

  /** Takes tasks from the queue as soon as Redis answers; nothing waits for that. */
  start(): void {
    const { concurrency, onRedisError } = this.deps;
    this.#app.worker({ concurrency }).start().catch(onRedisError);
  }

  /** Notifies all followers of an article's author, in pieces that workers share; resolves when every piece is done. */
  async fanOut(articleId: bigint, signal: AbortSignal): Promise<FanOut> {
    const { mysql } = this.deps;
    const authorId = await authorOf(mysql, articleId);
    if (authorId === undefined) return { followers: 0, pieces: 0 };
    const results: AsyncResult<number>[] = [];
    for await (const piece of followerPieces(mysql, authorId)) {
      signal.throwIfAborted();
      results.push(await this.#notify.delay(String(articleId), piece));
    }
    let followers = 0;
    for (const result of results) followers += await result.get({ timeoutMs: PIECE_MS });
    return { followers, pieces: results.length };
  }

  async #notifyPiece(articleId: bigint, piece: FollowerPiece): Promise<number> {
    const { mysql, redis, onRedisError } = this.deps;
    const { notified, changes } = await notifyFollowers(mysql, articleId, piece);
    await wakeFollowers(redis, ...changes).catch(onRedisError); // best effort: gateways read it in MySQL within a second
    return notified;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#app.close();
  }
}
