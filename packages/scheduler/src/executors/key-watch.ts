import type { Redis } from "ioredis";
import type { Clock } from "../core/clock.js";

/**
 * Polls for keys to appear: an EXISTS for each, in one round trip, while any is watched. Cheaper than a subscription for each
 * run, and it misses nothing while Redis is away.
 */
export class KeyWatch {
  readonly #watched = new Map<string, () => void>();
  #timer: Disposable | undefined;
  #isPolling = false;

  constructor(
    /** Returns the client, called once a key is watched. */
    private readonly redis: () => Redis,
    private readonly clock: Clock,
    private readonly everyMs: number,
  ) {}

  /** Calls back once when the key exists; returns a stop function. */
  watch(key: string, onFound: () => void): () => void {
    this.#watched.set(key, onFound);
    if (!this.#isPolling) this.#timer ??= this.#next();
    return () => {
      this.#watched.delete(key);
      if (this.#watched.size === 0) this.#stop();
    };
  }

  #next(): Disposable {
    return this.clock.setTimer(this.everyMs, () => void this.#poll());
  }

  #stop(): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
  }

  async #poll(): Promise<void> {
    this.#isPolling = true;
    this.#timer = undefined;
    const keys = [...this.#watched.keys()];
    const there = await Promise.all(
      keys.map((key) =>
        this.redis()
          .exists(key)
          .catch(() => 0),
      ),
    );
    for (const [at, key] of keys.entries()) {
      if (there[at] !== 1) continue;
      const found = this.#watched.get(key);
      this.#watched.delete(key);
      found?.();
    }
    this.#isPolling = false;
    if (this.#watched.size > 0) this.#timer = this.#next();
  }
}
