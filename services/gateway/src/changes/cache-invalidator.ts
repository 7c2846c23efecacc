import { type Change, wakeFollowers } from "@headline/newsroom/changes";
import type { ChangeTopic } from "@headline/newsroom/schema";
import type { Redis, VersionedCache } from "@headline/redis";

type Cache = Pick<VersionedCache<unknown>, "markStale" | "markStaleHere">;

interface Deps {
  /** Caches in Redis and memory, by the topic of the changes that invalidate their entries. */
  readonly caches: { readonly [Topic in ChangeTopic]?: readonly Cache[] };
  /** Caches of this process alone, each of which knows its topics. */
  readonly localCaches: readonly { note(changes: readonly Change[]): void }[];
  readonly redis: Redis;
  readonly onRedisError: (error: unknown) => void;
}

const RETRY_MS = 1_000;
/** Limit of changes that wait for Redis; the oldest are dropped, and their entries expire within an hour. */
const PENDING_MAX = 100_000;

/**
 * Invalidates caches after a commit: local at once, Redis with retry, other gateways by a message. Without the retry a gateway
 * that starts later would take stale values of Redis for true.
 */
export class CacheInvalidator implements Disposable {
  readonly #pending = new Map<string, Change>();
  #timer: NodeJS.Timeout | undefined;

  constructor(private readonly deps: Deps) {}

  /** Invalidates everywhere, once the changes are committed. Best effort: other gateways read them in MySQL within a second. */
  async invalidate(...changes: readonly Change[]): Promise<void> {
    const { redis, onRedisError } = this.deps;
    await Promise.all([this.invalidateShared(changes), wakeFollowers(redis, ...changes).catch(onRedisError)]);
  }

  /** Invalidates this process's caches and Redis. */
  async invalidateShared(changes: readonly Change[]): Promise<void> {
    this.#note(changes);
    await Promise.all(changes.map((change) => this.#markStale(change)));
  }

  /** Invalidates this process's caches; the sender of the message has invalidated Redis. */
  invalidateLocal(changes: readonly Change[]): void {
    this.#note(changes);
    for (const { topic, subjectId, version } of changes)
      for (const cache of this.deps.caches[topic] ?? []) cache.markStaleHere(subjectId, version);
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#pending.clear();
  }

  #note(changes: readonly Change[]): void {
    for (const cache of this.deps.localCaches) cache.note(changes);
  }

  async #markStale(change: Change): Promise<void> {
    const { topic, subjectId, version } = change;
    try {
      await Promise.all((this.deps.caches[topic] ?? []).map((cache) => cache.markStale(subjectId, version)));
    } catch (error) {
      this.deps.onRedisError(error);
      this.#retryLater(change);
    }
  }

  #retryLater(change: Change): void {
    const key = `${change.topic} ${change.subjectId}`;
    const newer = (this.#pending.get(key)?.version ?? 0) > change.version;
    if (!newer) this.#pending.set(key, change);
    if (this.#pending.size > PENDING_MAX) this.#pending.delete(this.#pending.keys().next().value as string);
    this.#timer ??= setTimeout(() => void this.#retry(), RETRY_MS).unref();
  }

  async #retry(): Promise<void> {
    const changes = [...this.#pending.values()];
    this.#pending.clear();
    this.#timer = undefined;
    await this.invalidateShared(changes);
  }
}
