import { type Change, wakeFollowers } from "@headline/newsroom/changes";
import type { Redis, VersionedCache } from "@headline/redis";
import type { Articles } from "../articles/articles.js";
import type { Blocks } from "../users/blocks.js";
import type { EndedSignIns } from "../users/ended-sign-ins.js";
import type { Users } from "../users/users.js";

interface Parts {
  readonly articles: Articles;
  readonly users: Users;
  readonly endedSignIns: EndedSignIns;
  readonly blocks: Blocks;
  readonly redis: Redis;
  readonly onRedisError: (error: unknown) => void;
}

type Forgetful = Pick<VersionedCache<unknown>, "markStale" | "markStaleHere">;

const TELL_AGAIN_MS = 1_000;
/** Beyond this the oldest are given up; Redis forgets by itself within an hour. */
const UNTOLD_MAX = 100_000;

/**
 * Makes caches forget what has changed: this process's at once, Redis as soon as it listens, and by a message those of every
 * other gateway. What Redis did not take it is told again, or what it still holds would be true to the next gateway that starts.
 */
export class Announcer implements Disposable {
  readonly #caches: Readonly<Record<string, readonly Forgetful[]>>;
  readonly #untold = new Map<string, Change>();
  #timer: NodeJS.Timeout | undefined;

  constructor(private readonly parts: Parts) {
    const { articles, users } = parts;
    this.#caches = {
      article: [articles.fragments, articles.contents],
      "article-statistics": [articles.statistics],
      user: [users.profiles],
      "user-statistics": [users.statistics],
    };
  }

  /** To be called once the changes are committed. Best effort: whoever is not told reads them in MySQL within a second. */
  async announce(...changes: readonly Change[]): Promise<void> {
    const { redis, onRedisError } = this.parts;
    await Promise.all([this.forget(changes), wakeFollowers(redis, ...changes).catch(onRedisError)]);
  }

  /** Forgets here and in Redis. */
  async forget(changes: readonly Change[]): Promise<void> {
    this.#note(changes);
    await Promise.all(changes.map((change) => this.#forgetOne(change)));
  }

  /** Forgets here; whoever sent the message has told Redis. */
  forgetHere(changes: readonly Change[]): void {
    this.#note(changes);
    for (const { topic, subjectId, version } of changes) {
      for (const cache of this.#caches[topic] ?? []) cache.markStaleHere(subjectId, version);
    }
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#untold.clear();
  }

  #note(changes: readonly Change[]): void {
    this.parts.endedSignIns.note(changes);
    this.parts.blocks.note(changes);
  }

  async #forgetOne(change: Change): Promise<void> {
    const { topic, subjectId, version } = change;
    try {
      await Promise.all((this.#caches[topic] ?? []).map((cache) => cache.markStale(subjectId, version)));
    } catch (error) {
      this.parts.onRedisError(error);
      this.#tellLater(change);
    }
  }

  #tellLater(change: Change): void {
    const key = `${change.topic} ${change.subjectId}`;
    const newer = (this.#untold.get(key)?.version ?? 0) > change.version;
    if (!newer) this.#untold.set(key, change);
    if (this.#untold.size > UNTOLD_MAX) this.#untold.delete(this.#untold.keys().next().value as string);
    this.#timer ??= setTimeout(() => void this.#tellAgain(), TELL_AGAIN_MS).unref();
  }

  async #tellAgain(): Promise<void> {
    const changes = [...this.#untold.values()];
    this.#untold.clear();
    this.#timer = undefined;
    await this.forget(changes);
  }
}
