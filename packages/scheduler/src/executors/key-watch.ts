import type { Redis } from "ioredis";
import type { Clock } from "../core/clock.js";

/**
 * Watches for keys to appear: one EXISTS for each, in one round trip, while any is watched. Cheaper than a subscription
 * for each run, and it cannot miss what happened while Redis was away.
 */
export class KeyWatch {
  readonly #watched = new Map<string, () => void>();
  #timer: Disposable | undefined;
  #looking = false;

  constructor(
    /** Asked when there is something to look for: it need not be connected before. */
    private readonly redis: () => Redis,
    private readonly clock: Clock,
    private readonly everyMs: number,
  ) {}

  /** Calls back once when the key is there; the answer stops watching. */
  watch(key: string, onFound: () => void): () => void {
    this.#watched.set(key, onFound);
    if (!this.#looking) this.#timer ??= this.#next();
    return () => {
      this.#watched.delete(key);
      if (this.#watched.size === 0) this.#stop();
    };
  }

  #next(): Disposable {
    return this.clock.setTimer(this.everyMs, () => void this.#look());
  }

  #stop(): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
  }

  async #look(): Promise<void> {
    this.#looking = true;
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
    this.#looking = false;
    if (this.#watched.size > 0) this.#timer = this.#next();
  }
}
